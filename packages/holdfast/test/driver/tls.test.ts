import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  certificateAuthority,
  type PostgresServer,
  startPostgres,
  startTcpProxy,
  temporaryDatabase,
} from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { event, rejection, soon } from '../support/contender.js'

const authority = certificateAuthority()
const REMOTE = 'db.example.test'
/** SSLRequest of the frontend/backend protocol. */
const SSL_REQUEST = 80877103

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres({ tls: authority.issue(['localhost', REMOTE]) })
})
afterAll(() => server[Symbol.asyncDispose]())

function newPool(options: PoolOptions): Pool {
  const pool = new Pool({ max: 1, retry: false, ...options })
  onTestFinished(() => pool.end())
  return pool
}

/** The server's URL under another host name, with parameters. */
function urlAs(host: string, parameters = ''): string {
  return `${Object.assign(new URL(server.url), { hostname: host })}${parameters}`
}

/** Options that reach the server under a name that does not resolve, as if it were far away. */
function farAway(parameters = ''): PoolOptions {
  class Redirected extends net.Socket {
    override connect(): this {
      return super.connect(server.port, '127.0.0.1')
    }
  }
  return { connectionString: urlAs(REMOTE, parameters), stream: () => new Redirected() }
}

function caFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-ca-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  writeFileSync(file, authority.cert)
  return file
}

const encrypted = async (pool: Pool) =>
  (await pool.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows[0].ssl

describe('a connection with TLS', () => {
  test.each<[string, () => PoolOptions]>([
    ['ssl: { ca }', () => ({ connectionString: urlAs('localhost'), ssl: { ca: authority.cert } })],
    [
      'sslmode=verify-full and sslrootcert',
      () => ({ connectionString: urlAs('localhost', `?sslmode=verify-full&sslrootcert=${caFile()}`) }),
    ],
    [
      'sslmode=verify-ca under a name that is not in the certificate',
      () => ({ connectionString: urlAs('127.0.0.1', `?sslmode=verify-ca&sslrootcert=${caFile()}`) }),
    ],
    ['a remote host, without being asked for', () => ({ ...farAway(), ssl: { ca: authority.cert } })],
  ])('is verified and encrypted with %s', async (_, options) => {
    expect(await encrypted(newPool(options()))).toBe(true)
  })

  test('is off on this machine unless it is asked for', async () => {
    expect(await encrypted(newPool({ connectionString: urlAs('127.0.0.1') }))).toBe(false)
  })

  test.each<[string, () => PoolOptions]>([
    ['ssl: true', () => ({ connectionString: urlAs('localhost'), ssl: true })],
    ['sslmode=require', () => ({ connectionString: urlAs('localhost', '?sslmode=require') })],
    [
      'another CA',
      () => ({ connectionString: urlAs('localhost'), ssl: { ca: certificateAuthority('X').cert } }),
    ],
    ['a remote host and no word about TLS', () => farAway()],
  ])('is refused without the CA of the server: %s', async (_, options) => {
    const error = await rejection(newPool(options()).query('SELECT 1'))
    expect(error).toMatchObject({ code: 'HOLDFAST_CONNECT_TLS', category: 'tls', retry: 'never' })
    expect(error.message).toMatch(/^Cannot connect to (localhost|db\.example\.test):\d+, database "postgres"/)
    expect(error.message).toMatch(/certificate.*Give the CA of the server \(ssl: { ca } or sslrootcert=\)/s)
    expect(error.message).not.toContain(server.password)
  })

  test('is refused under a name that the certificate does not have, with what to do', async () => {
    const pool = newPool({ connectionString: urlAs('127.0.0.1'), ssl: { ca: authority.cert } })
    const error = await rejection(pool.query('SELECT 1'))
    expect(error).toMatchObject({ code: 'HOLDFAST_CONNECT_TLS', retry: 'never' })
    expect(error.cause).toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
    expect(error.message).toMatch(/127\.0\.0\.1.*Connect under a name that the certificate has/s)
  })

  test('is not given up in silence by a server that has none', async () => {
    const { url } = await temporaryDatabase()
    const error = await rejection(newPool({ connectionString: `${url}?sslmode=require` }).query('SELECT 1'))
    expect(error).toMatchObject({ code: 'HOLDFAST_CONNECT_TLS', retry: 'never' })
    expect(error.message).toMatch(/server does not support SSL connections\. Set ssl = on/)
  })
})

describe('a remote host that is not verified', () => {
  test.each<[string, string, boolean]>([
    ['sslmode=no-verify', 'tls-unverified', true],
    ['sslmode=disable', 'tls-off', false],
  ])('is warned about, by the pool and by the process: %s', async (parameter, code, isEncrypted) => {
    const toldByProcess = event(process, 'warning')
    const pool = newPool(farAway(`?${parameter}`))
    const [told] = await soon(event(pool, 'warning'), 'the warning of the pool')
    expect(told).toMatchObject({ code, message: expect.stringContaining(REMOTE) })
    const [warning] = await soon(toldByProcess, 'the warning of the process')
    expect(warning).toMatchObject({ name: 'HoldfastWarning', code })
    expect(await encrypted(pool)).toBe(isEncrypted)
  })

  test('is warned about in the log where there is one, and not by the process', async () => {
    const byProcess: unknown[] = []
    const listen = (warning: Error) => byProcess.push(warning)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))
    const logged: unknown[] = []
    const ignore = () => {}
    const warn = (fields: object) => logged.push(fields)
    const logger = { debug: ignore, info: ignore, error: ignore, warn }
    const pool = newPool({ ...farAway('?sslmode=no-verify'), logger })
    await pool.query('SELECT 1')
    expect(logged).toEqual([{ code: 'tls-unverified', pool: 'main' }])
    expect(byProcess).toEqual([])
  })
})

describe('a cancellation over TLS', () => {
  const abortable = () => {
    const controller = new AbortController()
    return { signal: controller.signal, abort: () => controller.abort() }
  }

  /** Resolves when the server says so of a backend. */
  async function untilState(pid: number, state: string): Promise<void> {
    const observer = newPool({ connectionString: server.url })
    const ask = { text: 'SELECT state FROM pg_stat_activity WHERE pid = $1', values: [pid] }
    while ((await observer.query(ask)).rows[0]?.state !== state);
  }

  test.each([
    ['the CA', {}],
    ['a certificate of the client', authority.issue(['client'])],
  ])('is sent encrypted and cancels on the server, with %s', async (_, identity) => {
    const proxy = await startTcpProxy(server.port)
    onTestFinished(() => proxy.close())
    const pool = newPool({
      connectionString: proxy.url(urlAs('localhost')),
      ssl: { ca: authority.cert, ...identity },
    })
    const { rows } = await pool.query('SELECT pg_backend_pid() AS pid')
    const { signal, abort } = abortable()
    const query = rejection(pool.query({ text: 'SELECT pg_sleep(60)', signal }))
    await soon(untilState(rows[0].pid, 'active'), 'the start of the query')
    abort()
    expect(await query).toMatchObject({ code: 'HOLDFAST_ABORTED' })
    await soon(untilState(rows[0].pid, 'idle'), 'the end of the query on the server')
    expect((await pool.query('SELECT pg_backend_pid() AS pid')).rows).toEqual(rows)
    expect(proxy.greetings.map(message => message.readInt32BE(4))).toEqual([SSL_REQUEST, SSL_REQUEST])
  })
})
