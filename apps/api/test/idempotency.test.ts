import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CommitCutter, startCommitCutter } from './support/commit-cutter.js'
import { expectProblem } from './support/expect-problem.js'
import {
  type Answer,
  type Person,
  type ServiceOn,
  serviceOn,
  startService,
  type TestService,
} from './support/service.js'
import { signToken } from './support/tokens.js'
import { until } from './support/until.js'

let service: TestService
let fan: Person
let creator: Person
beforeAll(async () => {
  service = await startService()
  ;[fan, creator] = await Promise.all([service.join(), service.join({ is_creator: true })])
})
afterAll(() => service.close())

const keyed = (key: string = randomUUID()) => ({ headers: { 'idempotency-key': `"${key}"` } })

async function newSession(): Promise<number> {
  const sent = { token: fan.token, body: { creator_id: creator.id } }
  return (await service.call('POST /api/sessions', sent)).body.id
}

/** How many rows a table has, or those of one session. */
async function count(table: 'users' | 'sessions' | 'payments', session?: number): Promise<number> {
  const where = session === undefined ? '' : ' WHERE session_id = $1'
  const { rows } = await service.direct.query(
    `SELECT count(*)::int AS n FROM ${table}${where}`,
    session === undefined ? [] : [session],
  )
  return rows[0].n
}

/** The same payment each time. */
function paymentFor(session: number, more: object = keyed()) {
  const sent = { token: fan.token, body: { session_id: session, amount: '5.00', tip: '1.00' }, ...more }
  return (on: Pick<ServiceOn, 'call'> = service) => on.call('POST /api/payments', sent)
}

function expectReplay(answer: Answer, first: Answer): void {
  expect(answer.status).toBe(first.status)
  expect(answer.body).toEqual(first.body)
  expect(answer.headers.get('location')).toBe(first.headers.get('location'))
  expect(answer.headers.get('idempotent-replayed')).toBe('true')
}

describe('the same key again', () => {
  test('pays once and answers the same', async () => {
    const session = await newSession()
    const pay = paymentFor(session)
    const first = await pay()
    expect(first.status).toBe(201)
    expect(first.headers.get('idempotent-replayed')).toBeNull()
    expectReplay(await pay(), first)
    expect(await count('payments', session)).toBe(1)
  })

  test('starts one session, and says again where it is', async () => {
    const before = await count('sessions')
    const sent = { token: fan.token, body: { creator_id: creator.id }, ...keyed() }
    const first = await service.call('POST /api/sessions', sent)
    expectReplay(await service.call('POST /api/sessions', sent), first)
    expect(await count('sessions')).toBe(before + 1)
  })

  test('creates one profile, where without it the second is a duplicate', async () => {
    const sent = { token: await signToken(), body: { bio: 'Salsa' } }
    const first = await service.call('POST /api/users', { ...sent, ...keyed('join') })
    expectReplay(await service.call('POST /api/users', { ...sent, ...keyed('join') }), first)
    expectProblem(await service.call('POST /api/users', sent), { status: 409, kind: 'duplicate' })
  })

  test('ends a session once', async () => {
    const request = `POST /api/sessions/${await newSession()}/end`
    const sent = { token: creator.token, ...keyed() }
    const first = await service.call(request, sent)
    expectReplay(await service.call(request, sent), first)
  })

  test('adds tokens once', async () => {
    const { id, token } = await service.join()
    const sent = {
      token: await signToken({ role: 'service_role' }),
      body: { operation: 'add', amount: 50 },
      ...keyed(),
    }
    const first = await service.call(`POST /api/users/${id}/tokens`, sent)
    expect(first.body).toEqual({ user_id: id, balance: 50 })
    expectReplay(await service.call(`POST /api/users/${id}/tokens`, sent), first)
    expect((await service.call('GET /api/users/me/tokens', { token })).body.balance).toBe(50)
  })

  test('fifty times at the same moment pays once, and all get the same answer', async () => {
    const session = await newSession()
    const pay = paymentFor(session)
    const answers = await Promise.all(Array.from({ length: 50 }, () => pay()))
    expect(await count('payments', session)).toBe(1)
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201))
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1)
  })

  test('by another process of the service is the same key', async () => {
    const session = await newSession()
    const pay = paymentFor(session)
    const other = await serviceOn(service.database.url)
    const first = await pay()
    expectReplay(await pay(other), first)
    await other.close()
    expect(await count('payments', session)).toBe(1)
  })

  test('by somebody else is another key', async () => {
    const other = await service.join()
    const before = await count('sessions')
    for (const { token } of [fan, other]) {
      const sent = { token, body: { creator_id: creator.id }, ...keyed('mine') }
      const answer = await service.call('POST /api/sessions', sent)
      expect(answer.headers.get('idempotent-replayed')).toBeNull()
    }
    expect(await count('sessions')).toBe(before + 2)
  })
})

describe('a key of another request is refused with 422 and nothing is changed:', () => {
  test('another body', async () => {
    const session = await newSession()
    const key = keyed()
    await paymentFor(session, key)()
    const body = { session_id: session, amount: '5.01', tip: '1.00' }
    const answer = await service.call('POST /api/payments', { token: fan.token, body, ...key })
    expectProblem(answer, { status: 422, kind: 'key-reused' })
    expect(await count('payments', session)).toBe(1)
  })

  test('another thing at the same route, and another route', async () => {
    const [one, two] = [await newSession(), await newSession()]
    const sent = { token: fan.token, ...keyed() }
    await service.call(`POST /api/sessions/${one}/end`, sent)
    expectProblem(await service.call(`POST /api/sessions/${two}/end`, sent), {
      status: 422,
      kind: 'key-reused',
    })
    const start = { ...sent, body: { creator_id: creator.id } }
    expectProblem(await service.call('POST /api/sessions', start), { status: 422, kind: 'key-reused' })
    expect((await service.call(`GET /api/sessions/${two}`, { token: fan.token })).body.end_time).toBeNull()
  })

  test('but the same fields in another order are the same body', async () => {
    const session = await newSession()
    const key = keyed()
    const first = await paymentFor(session, key)()
    const body = { tip: '1.00', amount: '5.00', session_id: session }
    expectReplay(await service.call('POST /api/payments', { token: fan.token, body, ...key }), first)
  })
})

test('a request that was refused leaves its key free for a better try', async () => {
  const { id } = await service.join()
  const token = await signToken({ role: 'service_role' })
  const take = () =>
    service.call(`POST /api/users/${id}/tokens`, {
      token,
      body: { operation: 'subtract', amount: 5 },
      ...keyed(`take-${id}`),
    })
  expectProblem(await take(), { status: 409, kind: 'conflict' })
  await service.call(`POST /api/users/${id}/tokens`, { token, body: { operation: 'add', amount: 5 } })
  expect((await take()).body.balance).toBe(0)
})

test('a token decides before the key does', async () => {
  const session = await newSession()
  const key = keyed()
  await paymentFor(session, key)()
  const sent = { body: { session_id: session, amount: '5.00', tip: '1.00' }, ...key }
  expectProblem(await service.call('POST /api/payments', sent), { status: 401, kind: 'unauthenticated' })
})

describe('a malformed key gets 400 and changes nothing:', () => {
  test.each([
    ['empty', ''],
    ['an empty text', '""'],
    ['too long', 'x'.repeat(256)],
    ['a quote that does not end', '"abc'],
    ['not ASCII', '"clé"'],
    ['two', '"a", "b"'],
    ['with parameters', '"a";q=1'],
    ['an injection without quotes', "'; DROP TABLE idempotency_keys"],
  ])('%s', async (_, value) => {
    const before = await count('payments')
    const answer = await paymentFor(await newSession(), { headers: { 'idempotency-key': value } })()
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['Idempotency-Key'] })
    expect(await count('payments')).toBe(before)
  })

  test('but SQL within quotes is a key as any other', async () => {
    const session = await newSession()
    const pay = paymentFor(session, {
      headers: { 'idempotency-key': `"'; DROP TABLE idempotency_keys; --"` },
    })
    const first = await pay()
    expectReplay(await pay(), first)
    expect(await count('payments', session)).toBe(1)
  })
})

describe('while the first request is still in progress', () => {
  /** Holds back every payment while `work` runs. */
  async function whilePaymentsAreLocked(work: () => Promise<void>): Promise<void> {
    await service.direct.transaction(async tx => {
      await tx.query('LOCK TABLE payments IN ACCESS EXCLUSIVE MODE')
      await work()
    })
  }

  const waiting = (what: string, n: number) =>
    until(`${n} ${what} wait`, async () => {
      const { rows } = await service.direct.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return rows.length === n
    })

  test('the second gets 409 and when to come back, and then its answer', async () => {
    const session = await newSession()
    const pay = paymentFor(session)
    let first: Promise<Answer> | undefined
    await whilePaymentsAreLocked(async () => {
      first = pay()
      await waiting('payment', 1)
      const second = await pay()
      expectProblem(second, { status: 409, kind: 'key-in-progress' })
      expect(second.headers.get('retry-after')).toBe('1')
    })
    expect((await first)?.status).toBe(201)
    expectReplay(await pay(), (await first) as Answer)
    expect(await count('payments', session)).toBe(1)
  })

  test('its caller goes away: nothing was changed, and the repetition pays once', async () => {
    const session = await newSession()
    const key = keyed()
    await whilePaymentsAreLocked(async () => {
      const controller = new AbortController()
      const gone = paymentFor(session, { ...key, signal: controller.signal })().catch(error => error)
      await waiting('payment', 1)
      controller.abort()
      expect((await gone).name).toBe('AbortError')
      await waiting('payments', 0)
    })
    expect(await count('payments', session)).toBe(0)
    expect((await paymentFor(session, key)()).status).toBe(201)
    expect(await count('payments', session)).toBe(1)
  })

  test('it runs past its deadline: nothing was changed, and the repetition pays once', async () => {
    const session = await newSession()
    const key = randomUUID()
    const headers = { 'idempotency-key': key, 'request-timeout': '0.5' }
    await whilePaymentsAreLocked(async () => {
      const late = await paymentFor(session, { headers })()
      expectProblem(late, { status: 504, kind: 'timed-out' })
      expect(late.body.detail).toContain('Nothing was changed')
    })
    expect((await paymentFor(session, { headers: { 'idempotency-key': key } })()).status).toBe(201)
    expect(await count('payments', session)).toBe(1)
  })
})

describe('when the connection is cut after COMMIT', () => {
  let cutter: CommitCutter
  let through: ServiceOn
  beforeAll(async () => {
    cutter = await startCommitCutter(service.database.url)
    through = await serviceOn(cutter.url)
  })
  afterAll(async () => {
    await through.close()
    await cutter.close()
  })

  test('a request with a key is answered as if nothing had happened, and was applied once', async () => {
    const session = await newSession()
    cutter.cutNext(1)
    const before = cutter.cuts
    const answer = await paymentFor(session)(through)
    expect(cutter.cuts).toBe(before + 1)
    expect(answer.status).toBe(201)
    expect(await count('payments', session)).toBe(1)
  })

  test('again and again until its deadline, the caller is told to repeat it, and it was applied once', async () => {
    const session = await newSession()
    const key = randomUUID()
    const headers = { 'idempotency-key': key, 'request-timeout': '1.5' }
    cutter.cutNext(1_000)
    const answer = await paymentFor(session, { headers })(through)
    cutter.cutNext(0)
    expectProblem(answer, { status: 503, kind: 'outcome-unknown' })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect((await paymentFor(session, { headers: { 'idempotency-key': key } })(through)).status).toBe(201)
    expect(await count('payments', session)).toBe(1)
  })

  test('a request without a key is told that the outcome is unknown, and nothing of a repetition', async () => {
    const session = await newSession()
    cutter.cutNext(1)
    const answer = await paymentFor(session, {})(through)
    expectProblem(answer, { status: 503, kind: 'outcome-unknown' })
    expect(answer.body.detail).toContain('Idempotency-Key')
    expect(answer.headers.has('retry-after')).toBe(false)
    expect(await count('payments', session)).toBe(1)
  })
})

test('every operation that changes something by POST describes the key', async () => {
  const { body } = await service.call('GET /api/openapi.json')
  const posts = Object.entries<
    Record<string, { parameters?: { in: string; name: string }[]; responses: object }>
  >(body.paths).flatMap(([path, methods]) =>
    methods.post === undefined ? [] : [[path, methods.post] as const],
  )
  expect(posts.length).toBeGreaterThan(4)
  for (const [path, { parameters, responses }] of posts) {
    const headers = (parameters ?? []).filter(parameter => parameter.in === 'header').map(({ name }) => name)
    // An event brings its own name, which is signed.
    const isEvent = path.startsWith('/api/webhooks/')
    expect(headers[0], path).toBe(isEvent ? 'webhook-id' : 'Idempotency-Key')
    expect(Object.keys(responses), path).toEqual(expect.arrayContaining(['409', '422', '503']))
  }
})
