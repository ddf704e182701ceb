import type { UseCases } from '@holdfast/digis'
import { answerOnce } from '../answer-once.js'
import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { KeyHeaders } from '../idempotency-key.js'
import { only } from '../only.js'
import { PageQuery, pageFrom, pageOf, sendOffsetPage, sendPage } from '../pagination.js'
import { Problem } from '../problem.js'
import { named } from '../schemas/named.js'
import { NewPayment, PaymentBody, paymentBody } from '../schemas/payment.js'
import { KEY_PROBLEMS, problems } from '../schemas/problem.js'

/**
 * Paying for a session as its fan, and the own payments.
 *
 * `POST /payments` · `GET /payments`
 */
export function paymentRoutes(app: App): void {
  pay(app)
  listPayments(app)
}

/**
 * Records a payment. The two people are those of the session, so nobody can pay in another's name.
 * Repeating the request under another key, or without one, pays again.
 */
function pay(app: App): void {
  const schema = {
    tags: ['Payments'],
    summary: 'Pay for an own session as its fan',
    headers: KeyHeaders,
    body: NewPayment,
    response: {
      201: named(PaymentBody),
      ...problems(
        'forbidden',
        'missing-reference',
        'too-large',
        'unsupported-media-type',
        'malformed-request',
        ...KEY_PROBLEMS,
      ),
    },
  }
  app.post('/payments', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { session_id, amount, tip } = request.body
    const { id } = profileOf(request)
    return answerOnce(request, reply, async digis => {
      await requireFan(digis, session_id, id)
      const paid = await digis.createPayment(session_id, amount, tip)
      return { status: 201, body: paymentBody(only(paid)) }
    })
  })
}

/** @throws {Problem} `missing-reference` when there is no such session, `forbidden` when it has another fan */
async function requireFan(digis: UseCases, sessionId: number, user: number): Promise<void> {
  const session = await digis.getSessionById(sessionId)
  if (session === null) {
    const message = 'must name something that exists'
    throw new Problem('missing-reference', { errors: [{ field: 'session_id', message }] })
  }
  if (session.fan_id !== user) {
    throw new Problem('forbidden', { detail: 'Only the fan of a session pays for it.' })
  }
}

/** What the person paid as a fan and received as a creator. */
function listPayments(app: App): void {
  const schema = {
    tags: ['Payments'],
    summary: 'List the own payments',
    querystring: PageQuery,
    response: { 200: pageOf(named(PaymentBody), 'The own payments, the newest first.'), ...problems() },
  }
  app.get('/payments', { schema, config: { access: 'member' } }, async (request, reply) => {
    const user = profileOf(request).id
    const page = pageFrom(request.query)
    if (page.kind === 'offset') {
      const { rows } = await request.digis.getPaymentHistory(user, page.limit, page.offset)
      return sendOffsetPage(request, reply, { items: rows.map(paymentBody), page })
    }
    const { rows, next } = await request.digis.listPayments(user, page)
    return sendPage(request, reply, { items: rows.map(paymentBody), next })
  })
}
