import type { KeyedAnswer, UseCases } from '@holdfast/digis'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { idempotencyKey, KEY_HEADER } from './idempotency-key.js'
import type { Identity } from './verify-token.js'

/** What a route makes of a request: it changes something, and says what to answer. */
export type Change = (digis: UseCases) => Promise<KeyedAnswer>

/**
 * Makes a change and answers with it. With `Idempotency-Key` it is made once, however often the request arrives, and
 * each time the answer is that of the first; without the header it is made each time.
 *
 * @throws {Problem} `invalid-request` for a malformed key
 * @throws IdempotencyKeyReusedError, IdempotencyKeyInProgressError; what `change` throws
 */
export async function answerOnce(
  request: FastifyRequest,
  reply: FastifyReply,
  change: Change,
): Promise<FastifyReply> {
  const key = idempotencyKey(request.headers[KEY_HEADER])
  if (key === undefined) return send(reply, await change(request.digis))
  const { method, params, body } = request
  const answer = await request.applyOnce(
    {
      subject: subjectOf(request.identity),
      key,
      route: `${method} ${request.routeOptions.url}`,
      content: { params, body },
    },
    change,
  )
  if (answer.replayed) reply.header('idempotent-replayed', 'true')
  return send(reply, answer)
}

function send(reply: FastifyReply, { status, location, body }: KeyedAnswer): FastifyReply {
  if (location !== undefined) reply.header('location', location)
  return reply.code(status).send(body)
}

/** Whose key it is. The service role is one caller, whatever the token. */
function subjectOf(identity: Identity): string {
  if (identity.kind === 'person') return identity.supabaseId
  if (identity.kind === 'service') return 'service_role'
  throw new Error('A route that makes changes must say who may: see config.access.')
}
