import { randomUUID } from 'node:crypto'
import type { Digis, UseCases } from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { newDigis, newFan, newSession, only } from './new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

/** A request to pay, with what it does. */
async function payment(more: { key?: string; subject?: string; amount?: string } = {}) {
  const { id } = await newSession(digis)
  const { key = randomUUID(), subject = 'fan', amount = '5.00' } = more
  const request = { subject, key, route: 'POST /payments', content: { id, amount } }
  const work = async (useCases: UseCases) => {
    const paid = only(await useCases.createPayment(id, amount))
    return { status: 201, location: `/payments/${paid.id}`, body: { id: paid.id, amount: paid.amount } }
  }
  return { session: id, request, work }
}

async function paymentsOf(session: number): Promise<number> {
  const { rows } = await digis.query('SELECT count(*)::int AS n FROM payments WHERE session_id = $1', [
    session,
  ])
  return rows[0].n
}

describe('a request with a key', () => {
  test('is applied once, and answered the same when it comes again', async () => {
    const { session, request, work } = await payment()
    const first = await digis.applyOnce(request, work)
    expect(first).toEqual({
      status: 201,
      location: expect.stringMatching(/^\/payments\/\d+$/),
      body: { id: expect.any(Number), amount: '5.00' },
      replayed: false,
    })
    expect(await digis.applyOnce(request, work)).toEqual({ ...first, replayed: true })
    expect(await paymentsOf(session)).toBe(1)
  })

  test('is applied once when fifty arrive at the same moment, and all get the same answer', async () => {
    const { session, request, work } = await payment()
    const answers = await Promise.all(Array.from({ length: 50 }, () => digis.applyOnce(request, work)))
    expect(await paymentsOf(session)).toBe(1)
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1)
    expect(
      new Set(answers.map(({ status, location, body }) => JSON.stringify({ status, location, body }))),
    ).toHaveProperty('size', 1)
  })

  test('that is another one is refused, and nothing is applied', async () => {
    const { request, work } = await payment()
    await digis.applyOnce(request, work)
    const other = await payment({ key: request.key })
    const error = { code: 'DIGIS_KEY_REUSED', category: 'invalid-input', retry: 'never' }
    await expect(digis.applyOnce(other.request, other.work)).rejects.toMatchObject(error)
    await expect(digis.applyOnce({ ...request, route: 'POST /refunds' }, other.work)).rejects.toMatchObject(
      error,
    )
    expect(await paymentsOf(other.session)).toBe(0)
  })

  test('of somebody else has nothing to do with it', async () => {
    const { request, work } = await payment()
    await digis.applyOnce(request, work)
    const other = await payment({ key: request.key, subject: 'another fan' })
    expect(await digis.applyOnce(other.request, other.work)).toMatchObject({ replayed: false })
    expect(await paymentsOf(other.session)).toBe(1)
  })

  test('that fails leaves its key unused and nothing applied', async () => {
    const { session, request, work } = await payment()
    const fail = async (useCases: UseCases) => {
      await work(useCases)
      throw new Error('No.')
    }
    await expect(digis.applyOnce(request, fail)).rejects.toThrow('No.')
    expect(await paymentsOf(session)).toBe(0)
    expect(await digis.applyOnce(request, work)).toMatchObject({ replayed: false })
    expect(await paymentsOf(session)).toBe(1)
  })

  test('does not wait for ever for the same one that goes on, and is not applied beside it', async () => {
    const { session, request, work } = await payment()
    let release = () => {}
    const held = new Promise<void>(resolve => {
      release = resolve
    })
    let begun = () => {}
    const running = new Promise<void>(resolve => {
      begun = resolve
    })
    const first = digis.applyOnce(request, async useCases => {
      begun()
      await held
      return work(useCases)
    })
    await running
    await expect(digis.applyOnce(request, work)).rejects.toMatchObject({
      code: 'DIGIS_KEY_IN_PROGRESS',
      retry: 'safe',
    })
    // Whoever waits for it holds no connection.
    const waiting = Array.from({ length: 5 }, () => digis.applyOnce(request, work))
    await digis.getTokenBalance(1)
    expect(digis.getPoolStats()).toMatchObject({ activeCount: 1, waitingCount: 0 })
    release()
    const answer = await first
    for (const each of await Promise.all(waiting)) expect(each).toEqual({ ...answer, replayed: true })
    expect(await digis.applyOnce(request, work)).toEqual({ ...answer, replayed: true })
    expect(await paymentsOf(session)).toBe(1)
  })

  test('that is given up is not applied, and can be sent again', async () => {
    const { session, request, work } = await payment()
    const controller = new AbortController()
    const given = digis.applyOnce(
      request,
      async useCases => {
        const answer = await work(useCases)
        controller.abort()
        return answer
      },
      { signal: controller.signal },
    )
    await expect(given).rejects.toMatchObject({ name: 'AbortError' })
    expect(await paymentsOf(session)).toBe(0)
    expect(await digis.applyOnce(request, work)).toMatchObject({ replayed: false })
  })

  test.each([
    ['an injection', "'; DROP TABLE idempotency_keys; --"],
    ['quotes and backslashes', String.raw`"\"\\'$1%s`],
    ['the longest', 'x'.repeat(255)],
  ])('may be called by %s', async (_, key) => {
    const { session, request, work } = await payment({ key })
    await digis.applyOnce(request, work)
    expect(await digis.applyOnce(request, work)).toMatchObject({ replayed: true })
    expect(await paymentsOf(session)).toBe(1)
  })
})

describe('when the connection is lost', () => {
  /** Loses the connection of the transaction that is in progress. */
  async function loseConnection() {
    await digis.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'`,
    )
  }

  test('before COMMIT, the request is tried again and applied once', async () => {
    const { session, request, work } = await payment()
    let runs = 0
    const answer = await digis.applyOnce(request, async useCases => {
      const made = await work(useCases)
      runs += 1
      if (runs === 1) await loseConnection()
      return made
    })
    expect(runs).toBe(2)
    expect(answer).toMatchObject({ status: 201, replayed: false })
    expect(await paymentsOf(session)).toBe(1)
  })

  test('it is told when no time is left to try again', async () => {
    const { session, request, work } = await payment()
    const lost = digis.applyOnce(
      request,
      async useCases => {
        const made = await work(useCases)
        await loseConnection()
        return made
      },
      { timeout: 1_500 },
    )
    await expect(lost).rejects.toMatchObject({ retry: 'safe' })
    expect(await paymentsOf(session)).toBe(0)
  })
})

test('keys are forgotten after a day, not before', async () => {
  const { session, request, work } = await payment()
  await digis.applyOnce(request, work)
  const age = (hours: number) =>
    digis.query(
      'UPDATE idempotency_keys SET created_at = now() - make_interval(hours => $1) WHERE key = $2',
      [hours, request.key],
    )
  await age(23)
  await digis.forgetOldKeys()
  expect(await digis.applyOnce(request, work)).toMatchObject({ replayed: true })
  await age(25)
  expect(await digis.forgetOldKeys()).toBe(1)
  expect(await digis.applyOnce(request, work)).toMatchObject({ replayed: false })
  expect(await paymentsOf(session)).toBe(2)
})

test('two transfers of tokens under one key are one', async () => {
  const { id } = await newFan(digis)
  const request = { subject: 'service', key: 'bonus', route: 'POST /tokens', content: { id } }
  const add = async (useCases: UseCases) => ({
    status: 200,
    body: { balance: await useCases.atomicTokenUpdate(id, 50, 'add') },
  })
  const answers = await Promise.all([1, 2].map(() => digis.applyOnce(request, add)))
  expect(answers.map(({ body }) => body)).toEqual([{ balance: 50 }, { balance: 50 }])
  expect(await digis.getTokenBalance(id)).toBe(50)
})
