import type { FastifyRequest } from 'fastify'
import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { only } from '../only.js'
import { PageQuery, pageFrom, pageOf, sendOffsetPage, sendPage } from '../pagination.js'
import { Problem } from '../problem.js'
import { named } from '../schemas/named.js'
import { NewPayment, PaymentBody, paymentBody } from '../schemas/payment.js'
import { problems } from '../schemas/problem.js'

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
 * Repeating the request pays again: a caller that got no answer looks at its payments first.
 */
function pay(app: App): void {
  const schema = {
    tags: ['Payments'],
    summary: 'Pay for an own session as its fan',
    body: NewPayment,
    response: {
      201: named(PaymentBody),
      ...problems(
        'forbidden',
        'missing-reference',
        'too-large',
        'unsupported-media-type',
        'malformed-request',
      ),
    },
  }
  app.post('/payments', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { session_id, amount, tip } = request.body
    await requireFan(request, session_id)
    const paid = await request.digis.createPayment(session_id, amount, tip)
    return reply.code(201).send(paymentBody(only(paid)))
  })
}

/** @throws {Problem} `missing-reference` when there is no such session, `forbidden` when it has another fan */
async function requireFan(request: FastifyRequest, sessionId: number): Promise<void> {
  const session = await request.digis.getSessionById(sessionId)
  if (session === null) {
    const message = 'must name something that exists'
    throw new Problem('missing-reference', { errors: [{ field: 'session_id', message }] })
  }
  if (session.fan_id !== profileOf(request).id) {
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
