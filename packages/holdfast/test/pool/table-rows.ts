import { AsyncLocalStorage } from 'node:async_hooks'
import net from 'node:net'
import { startTcpProxy } from '@holdfast/testkit'
import type pg from 'pg'
import { event, must } from '../support/contender.js'
import { borrowedPid, pidOf, poolOf, type Row, untilIdle, warm } from './row.js'
import { CONNECT_ROWS } from './table-rows-connecting.js'

const cleanErrors: Row = {
  promise: 'a clean error keeps the connection: 10 unique violations use one backend',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    await pool.query('CREATE TEMP TABLE only_once (id int PRIMARY KEY); INSERT INTO only_once VALUES (1)')
    const before = await pidOf(pool)
    for (let i = 0; i < 10; i++) await pool.query('INSERT INTO pg_temp.only_once VALUES (1)').catch(() => {})
    must((await pidOf(pool)) === before, 'the connection was replaced')
  },
}

const stalePlan: Row = {
  promise: 'a prepared statement whose plan went stale is prepared anew, without an error',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    await pool.query('CREATE TEMP TABLE growing (a int)')
    const query = { name: 'all-of-growing', text: 'SELECT * FROM growing' }
    await pool.query(query)
    await pool.query('ALTER TABLE growing ADD COLUMN b int')
    const { fields } = await pool.query(query)
    must(fields.length === 2, 'the old columns were returned')
  },
}

const waitersAtEnd: Row = {
  promise: 'callers that wait when the pool ends are rejected at once',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    const client = await pool.connect()
    const waiter = pool.connect().then(
      () => 'served',
      () => 'rejected',
    )
    const ended = pool.end()
    must(
      (await context.soon(waiter, 'the answer to the waiting caller')) === 'rejected',
      'the caller was served',
    )
    client.release()
    await ended
  },
}

const firstComeFirstServed: Row = {
  promise: 'a caller is served by whichever comes first, an idle connection or its own',
  async run(context) {
    const proxy = await startTcpProxy(context.port)
    context.onEnd(() => proxy.close())
    const pool = poolOf(context, { connectionString: proxy.url(context.url), max: 2 })
    const client = await pool.connect()
    proxy.holdNew()
    const waiter = pool.connect()
    client.release()
    try {
      const served = await context.soon(waiter, 'serving the caller with the idle connection')
      served.release()
    } finally {
      proxy.letIn()
    }
  },
}

const spike: Row = {
  promise: 'a spike of 50 short queries on 5 warm connections opens few more, not 45',
  async run(context) {
    const pool = poolOf(context, { max: 50 })
    await warm(pool, 5)
    for (let i = 0; i < 200; i++) await pool.query('SELECT 1')
    await Promise.all(Array.from({ length: 50 }, () => pool.query('SELECT 1')))
    must(pool.totalCount <= 15, `${pool.totalCount} connections are open`)
  },
}

const serverDown: Row = {
  promise: 'a server that is down sees a handful of attempts for 100 queries, not 100',
  async run(context) {
    let attempts = 0
    const server = net.createServer(socket => {
      attempts++
      socket.destroy()
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    context.onEnd(() => server.close())
    const { port } = server.address() as net.AddressInfo
    const pool = poolOf(context, { connectionString: `postgres://nobody@127.0.0.1:${port}/none`, max: 20 })
    await Promise.allSettled(Array.from({ length: 100 }, () => pool.query('SELECT 1')))
    must(attempts <= 20, `${attempts} attempts were made`)
  },
}

const openTransaction: Row = {
  promise: 'a client released inside a transaction is rolled back before the next borrower, and reported',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    const reported = event(pool, 'warning') as Promise<[{ code: string; borrowedAt: string }]>
    const client = await pool.connect()
    await client.query('BEGIN; CREATE TEMP TABLE left_open (id int)')
    client.release()
    const { rows } = await pool.query("SELECT to_regclass('pg_temp.left_open') AS found")
    must(rows[0].found === null, 'the next borrower is inside the old transaction')
    const [warning] = await context.soon(reported, 'the report')
    must(warning.borrowedAt.includes('table-rows'), 'the report does not name the borrower')
  },
}

const queryTimeout: Row = {
  promise: 'query_timeout cancels the query on the server and keeps the connection usable',
  async run(context) {
    const pool = poolOf(context, { max: 1, query_timeout: 200 })
    // Connecting is part of no query.
    const pid = await borrowedPid(pool)
    await pool.query('SELECT pg_sleep(600)').catch(() => {})
    await context.soon(untilIdle(context, pid), 'the end of the query on the server')
    must((await context.soon(borrowedPid(pool), 'the next query')) === pid, 'the connection was given up')
  },
}

const callerContext: Row = {
  promise: 'a callback runs in the async context of its caller, not of the releaser',
  async run(context) {
    const storage = new AsyncLocalStorage<string>()
    const pool = poolOf(context, { max: 1 })
    const client = await pool.connect()
    const seen = new Promise(resolve => {
      storage.run('caller', () => pool.query('SELECT 1', () => resolve(storage.getStore())))
    })
    storage.run('releaser', () => client.release())
    must((await seen) === 'caller', `the callback ran in the context of ${await seen}`)
  },
}

const boundedWait: Row = {
  promise: 'waiting for a connection has a deadline by default',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    await pool.connect()
    // The shortest patience has to be longer than the deadline.
    await context.soon(
      pool.connect().catch(() => {}),
      'giving up',
      6_000,
    )
  },
}

const boundedQueue: Row = {
  promise: 'the queue is bounded: too many waiting callers are refused, not collected',
  async run(context) {
    const pool = poolOf(context, { max: 1, overload: { maxWaiting: 10 } })
    await pool.connect()
    const callers = Array.from({ length: 12 }, () => pool.connect().then(() => {}))
    for (const caller of callers.slice(0, -1)) caller.catch(() => {})
    const refusal = await context.soon(
      callers.at(-1)?.catch(error => error) ?? Promise.resolve(),
      'refusing the 12th caller',
    )
    must(refusal.code === 'HOLDFAST_OVERLOADED', `refused for another reason: ${refusal}`)
  },
}

const busyOrDown: Row = {
  promise: 'an error says whether the pool is busy or the server down, with numbers and the real cause',
  async run(context) {
    const busy = poolOf(context, { max: 1, connectionTimeoutMillis: 2_000 })
    await busy.connect()
    const busyError = await busy.query('SELECT 1').catch(error => error)
    must(
      /1 of 1 connections are in use.*active=1/s.test(busyError.message),
      `busy says: ${busyError.message}`,
    )
    const down = poolOf(context, { connectionString: 'postgres://nobody@127.0.0.1:1/none' })
    const downError = await down.query('SELECT 1').catch(error => error)
    must(/Is PostgreSQL running/.test(downError.message), `down says: ${downError.message}`)
    must(downError.cause?.code === 'ECONNREFUSED', 'the cause is missing')
  },
}

const refill: Row = {
  promise: 'minIdle connections are kept ready: one that is lost is replaced without being asked for',
  async run(context) {
    const pool = poolOf(context, { max: 5, min: 1, minIdle: 1 })
    const pid = await pidOf(pool)
    const replaced = event(pool, 'connect')
    await context.observer.query('SELECT pg_terminate_backend($1)', [pid])
    await context.soon(replaced, 'opening a replacement')
  },
}

const deadPath: Row = {
  promise: 'a connection whose network path died while idle is noticed before it is lent',
  async run(context) {
    const proxy = await startTcpProxy(context.port)
    context.onEnd(() => proxy.close())
    const pool = poolOf(context, { connectionString: proxy.url(context.url), max: 2, validateAfterIdle: 0 })
    await warm(pool, 1)
    proxy.stall(0)
    await context.soon(pool.query('SELECT 1'), 'an answer on another connection')
  },
}

const generation: Row = {
  promise: 'after one connection is lost by a fatal error the others are checked before they are lent',
  async run(context) {
    const proxy = await startTcpProxy(context.port)
    context.onEnd(() => proxy.close())
    const pool = poolOf(context, {
      connectionString: proxy.url(context.url),
      max: 2,
      validateAfterIdle: '1h',
    })
    const first = await pool.connect()
    const second = await pool.connect()
    const pid = (await second.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    first.release()
    second.release()
    proxy.stall(0)
    const lost = event(pool, 'error')
    await context.observer.query('SELECT pg_terminate_backend($1)', [pid])
    await lost
    await context.soon(pool.query('SELECT 1'), 'an answer on a new connection')
  },
}

const leak: Row = {
  promise: "a client that is held too long is reported with its borrower's stack",
  async run(context) {
    const pool = poolOf(context, { leakDetection: 50 })
    const reported = event(pool, 'warning') as Promise<[{ code: string; borrowedAt: string }]>
    await pool.connect()
    const [warning] = await context.soon(reported, 'the report')
    must(warning.code === 'leak' && warning.borrowedAt.includes('table-rows'), 'the report names nobody')
  },
}

const abortable: Row = {
  promise: 'an AbortSignal ends waiting for a connection and cancels a running query on the server',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    const pid = await pidOf(pool)
    const query = { text: 'SELECT pg_sleep(600)', signal: AbortSignal.timeout(100) }
    await context.soon(
      pool.query(query).catch(() => {}),
      'the end of the query',
    )
    await context.soon(untilIdle(context, pid), 'the end of the query on the server')
  },
}

const warmUp: Row = {
  promise: 'warmup() opens minIdle connections before the first request',
  async run(context) {
    const pool = poolOf(context, { minIdle: 3 }) as pg.Pool & { warmup(): Promise<void> }
    await pool.warmup()
    must(pool.idleCount >= 3, `${pool.idleCount} connections are idle`)
  },
}

/** The rows that need no process of their own, in the order of the design's table. */
export const ROWS: readonly Row[] = [
  cleanErrors,
  stalePlan,
  waitersAtEnd,
  firstComeFirstServed,
  spike,
  serverDown,
  openTransaction,
  queryTimeout,
  callerContext,
  boundedWait,
  boundedQueue,
  busyOrDown,
  refill,
  deadPath,
  generation,
  leak,
  abortable,
  warmUp,
  ...CONNECT_ROWS,
]
