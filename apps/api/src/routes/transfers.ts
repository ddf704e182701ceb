import type { UseCases } from '@holdfast/digis'
import { answerOnce } from '../answer-once.js'
import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { KeyHeaders } from '../idempotency-key.js'
import { insufficient } from '../insufficient.js'
import { pageOf, sendPage } from '../pagination.js'
import { Problem } from '../problem.js'
import { named } from '../schemas/named.js'
import { KEY_PROBLEMS, problems } from '../schemas/problem.js'
import {
  NewPayout,
  NewSpending,
  NewTip,
  StatementLineBody,
  StatementQuery,
  statementLineBody,
  TransferBody,
  transferBody,
} from '../schemas/transfer.js'

/**
 * What people do with their own accounts.
 *
 * `GET /users/me/statement` · `POST /tips` · `POST /spendings` · `POST /payouts`
 */
export function transferRoutes(app: App): void {
  readStatement(app)
  tip(app)
  spend(app)
  payOut(app)
}

/** What the three routes that move something answer. */
const RESPONSES = {
  201: named(TransferBody),
  ...problems(
    'conflict',
    'missing-reference',
    'too-large',
    'unsupported-media-type',
    'malformed-request',
    ...KEY_PROBLEMS,
  ),
}

/** Line by line, the newest first; there is no total to page to. */
function readStatement(app: App): void {
  const schema = {
    tags: ['Tokens'],
    summary: 'Read the own statement of account',
    querystring: StatementQuery,
    response: { 200: pageOf(named(StatementLineBody), 'The lines, the newest first.'), ...problems() },
  }
  app.get('/users/me/statement', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { asset = 'tokens', limit = 20, after } = request.query
    const page = { asset, limit, ...(after === undefined ? {} : { after }) }
    const { rows, next } = await request.digis.ledger.statement(profileOf(request).id, page)
    return sendPage(request, reply, { items: rows.map(statementLineBody), next })
  })
}

/** Everybody gives of their own tokens only, and to creators. */
function tip(app: App): void {
  const schema = {
    tags: ['Tokens'],
    summary: 'Give own tokens to a creator',
    headers: KeyHeaders,
    body: NewTip,
    response: RESPONSES,
  }
  app.post('/tips', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { creator_id, tokens, memo } = request.body
    const { id } = profileOf(request)
    return answerOnce(request, reply, async digis => {
      await requireCreator(digis, creator_id, id)
      const order = { from_id: id, to_id: creator_id, tokens, ...(memo === undefined ? {} : { memo }) }
      const given = await digis.ledger.tip(order).catch(insufficient)
      return { status: 201, body: transferBody(given) }
    })
  })
}

/** @throws {Problem} `invalid-request` for oneself, `missing-reference` for somebody who is no creator, or nobody */
async function requireCreator(digis: UseCases, id: number, giver: number): Promise<void> {
  const refuse = (kind: 'invalid-request' | 'missing-reference', message: string) =>
    new Problem(kind, { errors: [{ field: 'creator_id', message }] })
  if (id === giver) throw refuse('invalid-request', 'must be somebody else')
  const user = await digis.getUserById(id)
  if (user?.is_creator !== true) throw refuse('missing-reference', 'must name a creator')
}

/**
 * Takes from the own account down to nothing; what the tokens are for stands in the memo. The platform's own purchases
 * for people go through `POST /users/:id/tokens`.
 */
function spend(app: App): void {
  const schema = {
    tags: ['Tokens'],
    summary: 'Spend own tokens on something of the platform',
    headers: KeyHeaders,
    body: NewSpending,
    response: RESPONSES,
  }
  app.post('/spendings', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { tokens, memo } = request.body
    const { id } = profileOf(request)
    return answerOnce(request, reply, async digis => {
      const order = { user_id: id, tokens, ...(memo === undefined ? {} : { memo }) }
      const spent = await digis.ledger.spend(order).catch(insufficient)
      return { status: 201, body: transferBody(spent) }
    })
  })
}

/** Takes the money out of the account; sending it is another program's work, which reports a failure as an event. */
function payOut(app: App): void {
  const schema = {
    tags: ['Earnings'],
    summary: 'Have own earnings paid out',
    headers: KeyHeaders,
    body: NewPayout,
    response: RESPONSES,
  }
  app.post('/payouts', { schema, config: { access: 'creator' } }, async (request, reply) => {
    const cents = centsOf(request.body.amount)
    const { id } = profileOf(request)
    return answerOnce(request, reply, async digis => {
      const paid = await digis.ledger.payout({ user_id: id, cents }).catch(insufficient)
      return { status: 201, body: transferBody(paid) }
    })
  })
}

/** Exact: the text has at most two decimals. @throws {Problem} `invalid-request` for nothing at all */
function centsOf(amount: string): number {
  const [whole = '0', fraction = ''] = amount.split('.')
  const cents = Number(whole) * 100 + Number(fraction.padEnd(2, '0'))
  if (cents > 0) return cents
  throw new Problem('invalid-request', {
    errors: [{ field: 'amount', message: 'must be more than nothing' }],
  })
}
