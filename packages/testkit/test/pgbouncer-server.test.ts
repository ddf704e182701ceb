import {
  certificateAuthority,
  findProgram,
  type PgBouncerOptions,
  startPgBouncer,
  temporaryDatabase,
} from '@holdfast/testkit'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'

/** A PgBouncer before a database of its own, gone after the test. */
async function bouncer(options: Omit<PgBouncerOptions, 'postgres'> = {}) {
  const postgres = await temporaryDatabase()
  const server = await startPgBouncer({ postgres, ...options })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

/** A client through it, closed after the test. */
async function clientOf(config: pg.ClientConfig) {
  const client = new pg.Client(config)
  client.on('error', () => undefined)
  onTestFinished(() => client.end())
  await client.connect()
  return client
}

const backend = async (client: pg.Client): Promise<number> =>
  (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid

describe.skipIf(findProgram('pgbouncer') === undefined)('a PgBouncer of the kit', () => {
  test('in transaction mode two idle clients share one server connection', async () => {
    const { url: connectionString } = await bouncer({ settings: { default_pool_size: 1 } })
    const [first, second] = [await clientOf({ connectionString }), await clientOf({ connectionString })]
    expect(await backend(first)).toBe(await backend(second))
  })

  test('in session mode each client has a server connection of its own', async () => {
    const { url: connectionString } = await bouncer({ mode: 'session' })
    const [first, second] = [await clientOf({ connectionString }), await clientOf({ connectionString })]
    expect(await backend(first)).not.toBe(await backend(second))
  })

  test('takes commands on its console', async () => {
    const server = await bouncer({ mode: 'statement' })
    const [setting] = (await server.admin('SHOW CONFIG')).filter(({ key }) => key === 'pool_mode')
    expect(setting).toMatchObject({ value: 'statement' })
  })

  test('is back on its port after a shutdown and after a kill', async () => {
    const server = await bouncer()
    const { url: connectionString } = server
    await server.shutDown()
    expect(server.pid).toBeUndefined()
    await server.start()
    await server.kill()
    await server.start()
    expect(await backend(await clientOf({ connectionString }))).toBeGreaterThan(0)
  })

  test('speaks TLS when it is given a certificate', async () => {
    const authority = certificateAuthority()
    const server = await bouncer({ tls: authority.issue(['127.0.0.1']) })
    const client = await clientOf({ connectionString: server.url, ssl: { ca: authority.cert } })
    expect(await backend(client)).toBeGreaterThan(0)
  })

  test('says in its own words why it does not start', async () => {
    const postgres = await temporaryDatabase()
    const started = startPgBouncer({ postgres, settings: { auth_type: 'nonsense' } })
    await expect(started).rejects.toThrow(/PgBouncer did not start[\s\S]*auth_type/)
  })
})
