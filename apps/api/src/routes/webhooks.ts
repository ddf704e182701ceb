import type { FastifyRequest } from 'fastify'
import Type from 'typebox'
import type { App } from '../app.js'
import type { WebhookRules } from '../config.js'
import { Problem } from '../problem.js'
import { named } from '../schemas/named.js'
import { problems } from '../schemas/problem.js'
import { EventBody, ReceivedBody } from '../schemas/transfer.js'
import { distrust, type WEBHOOK_HEADERS } from '../verify-webhook.js'

/** The headers of Standard Webhooks and what they say. */
const SIGNATURE = {
  'webhook-id': 'Names the event; the same each time it is sent.',
  'webhook-timestamp': 'When it was signed, in seconds since 1970.',
  'webhook-signature':
    '`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64; several, separated by blanks.',
} as const satisfies Record<(typeof WEBHOOK_HEADERS)[number], string>

/** Only described: what is wrong with them is told by the check of the signature. */
const SignatureHeaders = Type.Object(
  Object.fromEntries(
    Object.entries(SIGNATURE).map(([name, description]) => [
      name,
      Type.Optional(Type.String({ description })),
    ]),
  ),
)

/**
 * What payment providers report. Who they are is proven by the signature, so there is no token.
 *
 * `POST /webhooks/payments`
 */
export async function webhookRoutes(app: App, rules: WebhookRules): Promise<void> {
  await app.register(async (scope: App) => {
    readSigned(scope, rules)
    receive(scope)
  })
}

/** The signature is over the bytes, so it is checked before anything else is made of them. */
function readSigned(scope: App, rules: WebhookRules): void {
  scope.removeContentTypeParser('application/json')
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) => {
      const detail = distrust({ headers: request.headers, body, now: Date.now() }, rules)
      if (detail !== undefined) throw new Problem('forbidden', { detail })
      // Whoever may report what was paid acts for the platform, whatever token came along.
      request.identity = { kind: 'service' }
      return parsed(body)
    },
  )
}

/** @throws {Problem} `malformed-request`: the sender is known, and what they sent is not JSON */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (cause) {
    throw new Problem('malformed-request', { cause })
  }
}

/** 200 for an event that was taken in before, too: the provider must not send it again. */
function receive(scope: App): void {
  const schema = {
    tags: ['Webhooks'],
    summary: 'Report what a payment provider knows',
    description:
      'Signed as Standard Webhooks says. Each event is taken in once, by its `webhook-id`; whatever is not answered with ' +
      '200 was not taken in and may be sent again.',
    headers: SignatureHeaders,
    body: EventBody,
    response: {
      200: named(ReceivedBody),
      ...problems(
        'forbidden',
        'missing-reference',
        'duplicate',
        'too-large',
        'unsupported-media-type',
        'malformed-request',
        'outcome-unknown',
      ),
    },
  }
  scope.post('/webhooks/payments', { schema, config: { access: 'public' } }, async request => {
    const id = String(request.headers['webhook-id'])
    const received = await request.digis.ledger.receive({ id, ...request.body })
    if (received.outcome === 'refused')
      request.log.warn({ event: id }, 'The ledger refuses an event of a provider')
    return received
  })
}
