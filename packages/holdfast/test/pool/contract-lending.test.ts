import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { CONTENDERS, event, poolForTest, rejection } from '../support/contender.js'

type Args = [Error | undefined, pg.PoolClient, (error?: Error | boolean) => void]

const NOWHERE = 'postgres://nobody@127.0.0.1:1/none'
let connectionString: string

beforeAll(async () => {
  connectionString = (await temporaryDatabase()).url
})

/** What a callback of `connect` is given. */
const connectBack = (pool: pg.Pool) =>
  new Promise<Args>(resolve => pool.connect((...args) => resolve(args as unknown as Args)))

/** Everything the pool emits about its clients, in order. */
function recorded(pool: pg.Pool): unknown[][] {
  const events: unknown[][] = []
  for (const name of ['connect', 'acquire', 'release', 'remove']) {
    pool.on(name as 'connect', (...args: unknown[]) => events.push([name, ...args]))
  }
  return events
}

describe.each(CONTENDERS)('lending, by the pool of $of', ({ Contender }) => {
  test('gives a callback (undefined, client, release)', async () => {
    const pool = poolForTest(Contender, { connectionString })
    const [error, client, release] = await connectBack(pool)
    expect(error).toBeUndefined()
    expect(release).toBe(client.release)
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    release()
    expect(pool.idleCount).toBe(1)
  })

  test('gives a callback the error and a release that does nothing', async () => {
    const pool = poolForTest(Contender, { connectionString: NOWHERE })
    const [error, client, release] = await connectBack(pool)
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toContain('ECONNREFUSED')
    expect(client).toBeUndefined()
    expect(() => release()).not.toThrow()
  })

  test('throws at once when a client is released twice, also when somebody else has it by then', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    const client = await pool.connect()
    const { release } = client
    release()
    const twice = 'Release called on client which has already been released to the pool.'
    expect(() => release()).toThrow(twice)
    const again = await pool.connect()
    expect(() => release()).toThrow(twice)
    again.release()
  })

  test("emits 'connect', 'acquire', 'release' and 'remove' in this order, with the client", async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    const events = recorded(pool)
    const client = await pool.connect()
    client.release()
    expect(await pool.connect()).toBe(client)
    client.release(false)
    await pool.connect()
    const removed = event(pool, 'remove')
    client.release(true)
    await removed
    expect(events).toEqual([
      ['connect', client],
      ['acquire', client],
      ['release', undefined, client],
      ['acquire', client],
      ['release', false, client],
      ['acquire', client],
      ['release', true, client],
      ['remove', client],
    ])
  })

  test('emits them for the queries of the pool too', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    const events = recorded(pool)
    await pool.query('SELECT 1')
    await pool.query('SELECT 1')
    const names = events.map(([name]) => name)
    expect(names).toEqual(['connect', 'acquire', 'release', 'acquire', 'release'])
    expect(new Set(events.map(args => args.at(-1))).size).toBe(1)
  })

  test('serves those who wait in the order in which they came', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    const first = await pool.connect()
    const served: number[] = []
    const waiters = [1, 2, 3, 4, 5].map(async number => {
      const client = await pool.connect()
      served.push(number)
      client.release()
    })
    first.release()
    await Promise.all(waiters)
    expect(served).toEqual([1, 2, 3, 4, 5])
  })

  test('lends the same object each time, with the process id of its backend', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    const client = await pool.connect()
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    expect(client).toHaveProperty('processID', rows[0].pid)
    const state = { kept: true }
    Object.assign(client, { state })
    client.release()
    await pool.query('SELECT 1')
    const again = await pool.connect()
    expect(again).toBe(client)
    expect(again).toHaveProperty('state', state)
    again.release()
  })

  test("runs a query of a 'connect' listener before those of the borrower", async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    pool.on('connect', client => {
      void client.query("SET application_name = 'set by a listener'")
    })
    const { rows } = await pool.query("SELECT current_setting('application_name') AS name")
    expect(rows).toEqual([{ name: 'set by a listener' }])
  })

  test("tells 'error' about an idle client that was lost, and removes it", async () => {
    const pool = poolForTest(Contender, { connectionString, max: 2 })
    const [lost, killer] = await Promise.all([pool.connect(), pool.connect()])
    lost.release()
    const told = Promise.all([event(pool, 'error'), event(pool, 'remove')])
    const { processID } = lost as unknown as { processID: number }
    await killer.query('SELECT pg_terminate_backend($1)', [processID])
    const [[error, client], [removed]] = (await told) as [[Error, pg.PoolClient], [pg.PoolClient]]
    killer.release()
    expect(error).toMatchObject({ code: '57P01' })
    expect((error as Error & { client: unknown }).client).toBe(lost)
    expect([client, removed]).toEqual([lost, lost])
    expect(pool.totalCount).toBe(1)
  })

  test('does not lend a client again that broke and was released without a word', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 2 })
    const [broken, killer] = await Promise.all([pool.connect(), pool.connect()])
    broken.on('error', () => {})
    const ended = event(broken, 'end')
    const { processID } = broken as unknown as { processID: number }
    await killer.query('SELECT pg_terminate_backend($1)', [processID])
    await ended
    broken.release()
    const next = await pool.connect()
    expect(next).not.toBe(broken)
    next.release()
    killer.release()
  })

  test('delivers notifications to a client that listens', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 2 })
    const [, listener, release] = await connectBack(pool)
    await listener.query('LISTEN jobs')
    const notified = event(listener, 'notification')
    await pool.query("NOTIFY jobs, 'one'")
    expect(await notified).toMatchObject([{ channel: 'jobs', payload: 'one' }])
    release(true)
  })

  test('shows its clients to tools that look into _clients and _idle', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 2 })
    const [one, two] = await Promise.all([pool.connect(), pool.connect()])
    one.release()
    const { _clients, _idle } = pool as unknown as { _clients: unknown[]; _idle: { client: unknown }[] }
    expect(new Set(_clients)).toEqual(new Set([one, two]))
    expect(_idle.map(({ client }) => client)).toEqual([one])
    two.release()
  })

  test('closes a client that is released with an error', async () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    const client = await pool.connect()
    const removed = event(pool, 'remove')
    client.release(new Error('broken'))
    expect(await removed).toEqual([client])
    const next = await pool.connect()
    expect(next).not.toBe(client)
    next.release()
  })
})

describe.each(CONTENDERS)('a new client, in the pool of $of', ({ Contender }) => {
  /** A client, once there is one: a pool may pause after a connect that failed. */
  async function untilServed(pool: pg.Pool): Promise<pg.PoolClient> {
    for (;;) {
      const client = await pool.connect().catch(() => undefined)
      if (client !== undefined) return client
      await new Promise(setImmediate)
    }
  }

  test('is verified once, before anybody gets it', async () => {
    const verified: unknown[] = []
    const verify = (client: pg.PoolClient, done: (error?: Error) => void) => {
      verified.push(client)
      client.query('SELECT 1').then(() => done(), done)
    }
    const pool = poolForTest(Contender, { connectionString, max: 1, verify })
    const client = await pool.connect()
    expect(verified).toEqual([client])
    client.release()
    await pool.query('SELECT 1')
    expect(verified).toHaveLength(1)
  })

  test('that fails its verification is refused with its error, and the pool goes on', async () => {
    const refusal = new Error('not this one')
    const answers: (Error | undefined)[] = [refusal, undefined]
    const pool = poolForTest(Contender, {
      connectionString,
      max: 1,
      verify: (_: pg.PoolClient, done: (error?: Error) => void) => done(answers.shift()),
    })
    const [error, none] = await connectBack(pool)
    expect(error).toBe(refusal)
    expect(none).toBeUndefined()
    const client = await untilServed(pool)
    client.release()
    expect(pool.totalCount).toBe(1)
  })

  test("is set up by onConnect before 'connect' and before anybody gets it", async () => {
    const order: string[] = []
    const onConnect = async (client: pg.ClientBase) => {
      await client.query("SET application_name = 'set up'")
      order.push('onConnect')
    }
    const pool = poolForTest(Contender, { connectionString, max: 1, onConnect })
    pool.on('connect', () => order.push('connect'))
    const { rows } = await pool.query("SELECT current_setting('application_name') AS name")
    order.push('served')
    expect(rows).toEqual([{ name: 'set up' }])
    expect(order).toEqual(['onConnect', 'connect', 'served'])
  })

  test.each([
    ['throws', () => Promise.reject(new Error('no'))],
    [
      'throws at once',
      () => {
        throw new Error('no')
      },
    ],
  ])('is closed and its caller told when onConnect %s', async (_, onConnect) => {
    const pool = poolForTest(Contender, { connectionString, max: 1, onConnect })
    const error = await rejection(pool.connect())
    expect(error.message).toBe('no')
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([0, 0, 0])
  })

  test('is of the class given as Client, which the pool shows', async () => {
    class Special extends pg.Client {
      readonly special = true
    }
    const pool = poolForTest(Contender, { connectionString, max: 1, Client: Special })
    const client = await pool.connect()
    expect(client).toBeInstanceOf(Special)
    expect((pool as unknown as { Client: unknown }).Client).toBe(Special)
    client.release()
    const plain = poolForTest(Contender, { connectionString })
    expect((plain as unknown as { Client: unknown }).Client).toBe(pg.Client)
  })

  test('may get its password from a function, which is asked anew for each connection', async () => {
    const { password, ...rest } = new pg.Client({ connectionString })
    const asked: number[] = []
    const pool = poolForTest(Contender, {
      host: rest.host,
      port: rest.port,
      user: rest.user as string,
      database: rest.database as string,
      password: async () => {
        asked.push(asked.length)
        return password as string
      },
      max: 2,
    })
    const clients = [await pool.connect(), await pool.connect()]
    for (const client of clients) client.release()
    expect(asked).toEqual([0, 1])
  })
})
