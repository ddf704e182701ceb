import net from 'node:net'
import { startTcpProxy } from '@holdfast/testkit'
import pg from 'pg'
import { must } from '../support/contender.js'
import { poolOf, type Row, type RowContext } from './row.js'

/** A pool whose connections go through a proxy. */
async function poolBehindProxy(context: RowContext, options: object) {
  const proxy = await startTcpProxy(context.port)
  context.onEnd(() => proxy.close())
  return { proxy, pool: poolOf(context, { connectionString: proxy.url(context.url), ...options }) }
}

const keepAlive: Row = {
  promise: 'TCP keep-alive is on by default',
  async run(context) {
    const socket = new net.Socket()
    let on = false
    const setKeepAlive = socket.setKeepAlive.bind(socket)
    socket.setKeepAlive = (enable, delay) => {
      on = enable === true
      return setKeepAlive(enable, delay)
    }
    const pool = poolOf(context, { max: 1, stream: () => socket })
    await pool.query('SELECT 1')
    must(on, 'keep-alive is off')
  },
}

const cappedConnects: Row = {
  promise: 'of 50 callers at once at most 8 make the server fork a backend at the same time',
  async run(context) {
    const { proxy, pool } = await poolBehindProxy(context, { max: 50 })
    proxy.holdNew()
    const queries = Array.from({ length: 50 }, () => pool.query('SELECT 1'))
    const opened = pool.totalCount
    proxy.letIn()
    await Promise.all(queries)
    must(opened <= 8, `${opened} connections were opened at once`)
  },
}

const elidedConnects: Row = {
  promise: 'a connection that nobody needs any more is not opened',
  async run(context) {
    const { proxy, pool } = await poolBehindProxy(context, { max: 50 })
    const client = await pool.connect()
    proxy.holdNew()
    const queries = Array.from({ length: 30 }, () => pool.query('SELECT 1'))
    client.release()
    // pg-pool's callers wait for the connects they started.
    await context.soon(Promise.all(queries), 'serving all with the idle connection').catch(() => {})
    proxy.letIn()
    await Promise.all(queries)
    must(proxy.accepted <= 9, `${proxy.accepted} connections were opened`)
  },
}

const endInTime: Row = {
  promise: 'end({ timeout }) ends the pool in spite of a borrower that never comes back',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    await pool.connect()
    const end = pool.end as (options: object) => Promise<void>
    await context.soon(Promise.resolve(end.call(pool, { timeout: 50 })), 'the end')
    must(pool.ended, 'the pool waits for the borrower')
  },
}

const ownCallback: Row = {
  promise: 'a pg.Query with a callback of its own gives the connection back',
  async run(context) {
    const pool = poolOf(context, { max: 1 })
    const NewQuery = pg.Query as unknown as new (text: string, callback: () => void) => pg.Query
    await new Promise<void>(resolve => {
      const answer: unknown = pool.query(new NewQuery('SELECT 1', resolve))
      ;(answer as Promise<unknown>).catch(() => {})
    })
    await context.soon(pool.query('SELECT 1'), 'the next query')
  },
}

const unknownHost: Row = {
  promise: 'a host name that does not resolve is an error that says where to look',
  async run(context) {
    const failure = Object.assign(new Error('getaddrinfo ENOTFOUND db.example.test'), { code: 'ENOTFOUND' })
    class Unresolved extends net.Socket {
      override connect(): this {
        const lookup: net.LookupFunction = (_, __, done) => done(failure, '')
        return super.connect({ port: 5432, host: 'db.example.test', lookup })
      }
    }
    const pool = poolOf(context, { stream: () => new Unresolved() })
    const error = await pool.query('SELECT 1').catch(thrown => thrown)
    must(error.code === 'HOLDFAST_CONNECT_UNREACHABLE', `the code is ${error.code}`)
    must(/Check the spelling of the host name/.test(error.message), `it says: ${error.message}`)
  },
}

const serverFull: Row = {
  promise: 'a server without a free connection is an error that says what to lower and what to raise',
  async run(context) {
    const role = `full_${context.Pool.name.toLowerCase()}`
    const { observer } = context
    await observer.query(`CREATE ROLE ${role} LOGIN PASSWORD 'no secret' CONNECTION LIMIT 1`)
    context.onEnd(async () => {
      await observer.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        role,
      ])
      await observer.query(`DROP ROLE ${role}`)
    })
    const url = Object.assign(new URL(context.url), { username: role, password: 'no secret' })
    const pool = poolOf(context, { connectionString: url.href, max: 1 })
    await pool.connect()
    // Ours waits so long for one to become free.
    const second = poolOf(context, { connectionString: url.href, connectionTimeoutMillis: 500 })
    const error = await second.query('SELECT 1').catch(thrown => thrown)
    must(error.code === '53300', `the code is ${error.code}`)
    must(
      /lower "max".*raise max_connections, or use a pooler/.test(error.message),
      `it says: ${error.message}`,
    )
  },
}

const passwordFailed: Row = {
  promise: 'a password function that fails is an error about the password, with its reason as the cause',
  async run(context) {
    const { hostname: host, port, pathname } = new URL(context.url)
    const reason = new Error('the vault is sealed')
    const socket = new net.Socket()
    // pg leaves it open, and the server would wait a minute for the password.
    context.onEnd(() => socket.destroy())
    const pool = poolOf(context, {
      connectionString: undefined,
      ...{ host, port: Number(port), database: pathname.slice(1), user: 'postgres' },
      password: () => Promise.reject(reason),
      retry: false,
      stream: () => socket,
    })
    const error = await pool.query('SELECT 1').catch(thrown => thrown)
    must(error.code === 'HOLDFAST_CONNECT_PASSWORD', `the code is ${error.code}`)
    must(error.cause === reason, `the cause is ${error.cause}`)
  },
}

/** The rows about opening connections, and about giving them back. */
export const CONNECT_ROWS: readonly Row[] = [
  keepAlive,
  cappedConnects,
  elidedConnects,
  endInTime,
  ownCallback,
  unknownHost,
  serverFull,
  passwordFailed,
]
