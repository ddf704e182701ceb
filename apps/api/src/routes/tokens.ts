import { answerOnce } from '../answer-once.js'
import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { KeyHeaders } from '../idempotency-key.js'
import { insufficient } from '../insufficient.js'
import { Problem } from '../problem.js'
import { IdParams } from '../schemas/fields.js'
import { named } from '../schemas/named.js'
import { KEY_PROBLEMS, problems } from '../schemas/problem.js'
import { TokenBalance, TokenChange } from '../schemas/token-balance.js'

/**
 * The token balance: people read their own, the service role changes it.
 *
 * `GET /users/me/tokens` · `POST /users/:id/tokens`
 */
export function tokenRoutes(app: App): void {
  readBalance(app)
  changeBalance(app)
}

/** A user without an account has nought, which is no different from an account that is empty. */
function readBalance(app: App): void {
  const schema = {
    tags: ['Tokens'],
    summary: 'Read the own token balance',
    response: { 200: named(TokenBalance), ...problems() },
  }
  app.get('/users/me/tokens', { schema, config: { access: 'member' } }, async request => {
    const user_id = profileOf(request).id
    return { user_id, balance: await request.digis.getTokenBalance(user_id) }
  })
}

/**
 * Only the service role comes here: tokens are bought and spent by the platform, never by the person who holds them.
 * Two changes at once are both applied; a balance that is too low refuses the change and stays.
 */
function changeBalance(app: App): void {
  const schema = {
    tags: ['Tokens'],
    summary: "Add to or subtract from a user's tokens",
    description: 'All or nothing: a balance never goes below nought.',
    headers: KeyHeaders,
    params: IdParams,
    body: TokenChange,
    response: {
      200: named(TokenBalance),
      ...problems(
        'not-found',
        'conflict',
        'too-large',
        'unsupported-media-type',
        'malformed-request',
        ...KEY_PROBLEMS,
      ),
    },
  }
  app.post('/users/:id/tokens', { schema, config: { access: 'service' } }, async (request, reply) => {
    const { id } = request.params
    const { amount, operation } = request.body
    return answerOnce(request, reply, async digis => {
      // Taking from nobody would otherwise read as an empty account.
      if ((await digis.getUserById(id)) === null) {
        throw new Problem('not-found', { detail: `There is no user ${id}.` })
      }
      const balance = await digis.atomicTokenUpdate(id, amount, operation).catch(insufficient)
      return { status: 200, body: { user_id: id, balance } }
    })
  })
}
