import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { WebhookRules } from './config.js'

/** The headers of Standard Webhooks. */
export const WEBHOOK_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const

/** A request whose sender is not known yet. */
export interface SentEvent {
  readonly headers: IncomingHttpHeaders
  /** As it was sent: what is signed are its bytes. */
  readonly body: Buffer
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * Why an event is not to be believed, or nothing: it is signed with one of the secrets, and not long ago. An event that was
 * heard by somebody and is sent again later is refused by its time, and sooner by its id.
 *
 * @see the specification of Standard Webhooks: HMAC-SHA256 of `id.timestamp.body`, in base64 behind `v1,`
 */
export function distrust({ headers, body, now }: SentEvent, rules: WebhookRules): string | undefined {
  const [id, timestamp, signatures] = WEBHOOK_HEADERS.map(name => headers[name])
  if (rules.secrets.length === 0) return 'No secret for webhooks is configured.'
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return `The headers ${WEBHOOK_HEADERS.join(', ')} must be given, once each.`
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now - Number(timestamp) * 1_000) > rules.tolerance)
    return 'The time of the signature is too far from now.'
  const signed = [`${id}.${timestamp}.`, body] as const
  const isKnown = rules.secrets.some(secret => isSignedBy(secret, signed, signatures))
  return isKnown ? undefined : 'The signature does not fit.'
}

/** Whether one of the signatures is that of the secret; compared in constant time, so that guessing learns nothing. */
function isSignedBy(secret: Buffer, [head, body]: readonly [string, Buffer], signatures: string): boolean {
  const expected = createHmac('sha256', secret).update(head).update(body).digest()
  return signatures.split(' ').some(signature => {
    const given = Buffer.from(signature.startsWith('v1,') ? signature.slice(3) : '', 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}
