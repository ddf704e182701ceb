import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { registerSecret } from '@holdfast/testkit'
import { SignJWT } from 'jose'

/** The shared secret of the services under test. */
export const SECRET = randomBytes(32).toString('hex')
registerSecret(SECRET)

/** What the services under test know payment providers by. */
const WEBHOOK_KEY = randomBytes(32)
export const WEBHOOK_SECRET = `whsec_${WEBHOOK_KEY.toString('base64')}`
registerSecret(WEBHOOK_SECRET)

/** How an event is signed, where that is not as it should be. */
export interface SignatureWishes {
  readonly id?: string
  readonly key?: Buffer
  /** Seconds from now. */
  readonly at?: number
}

/** An event as a payment provider sends it: signed over its very bytes. */
export function signEvent(
  event: unknown,
  { id = randomUUID(), key = WEBHOOK_KEY, at = 0 }: SignatureWishes = {},
) {
  const text = typeof event === 'string' ? event : JSON.stringify(event)
  const timestamp = String(Math.floor(Date.now() / 1_000) + at)
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${text}`).digest('base64')
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  }
  return { text, headers }
}

/** What is different from a valid token of a person. */
export interface TokenWishes {
  readonly sub?: string | undefined
  readonly role?: string
  readonly alg?: string
  readonly secret?: string
  /** Seconds from now. */
  readonly expires?: number
  /** Seconds from now. */
  readonly validFrom?: number
}

/** A signed token: a valid one for a new person, unless told otherwise. */
export function signToken(wishes: TokenWishes = {}): Promise<string> {
  const {
    sub = randomUUID(),
    role = 'authenticated',
    alg = 'HS256',
    secret = SECRET,
    expires = 600,
    validFrom,
  } = wishes
  const now = Math.floor(Date.now() / 1000)
  const claims = { role, ...(validFrom === undefined ? {} : { nbf: now + validFrom }) }
  return new SignJWT(
    role === 'service_role' || role === 'anon' ? claims : { ...claims, sub, aud: 'authenticated' },
  )
    .setProtectedHeader({ alg, typ: 'JWT' })
    .setExpirationTime(now + expires)
    .sign(new TextEncoder().encode(secret))
}
