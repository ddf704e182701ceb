import { findProgram, startPgBouncer, startPostgres } from '@holdfast/testkit'
import { errorCategory, OutcomeUnknownError, Pool } from 'holdfast'
import type { PoolClient } from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { behindPgBouncer } from './behind-pgbouncer.js'

/** The error of a call that has to fail. */
const failureOf = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  )

/** What a caller decides by. */
const NOT_ASSIGNED = { code: '08P01', retry: 'safe' }

/** A client that holds the only server connection until `free` is called. */
async function occupied(pool: Pool): Promise<{ free(): Promise<void> }> {
  const client: PoolClient = await pool.connect()
  await client.query('BEGIN')
  await client.query('SELECT 1')
  return {
    free: async () => {
      await client.query('ROLLBACK')
      client.release()
    },
  }
}

describe.skipIf(findProgram('pgbouncer') === undefined)('a fault of the pooler', () => {
  test('query_wait_timeout: a write that got no server is safe to retry, and was not applied', async () => {
    const { through, around } = await behindPgBouncer({
      settings: { default_pool_size: 1, query_wait_timeout: 1 },
    })
    await around.query('CREATE TABLE t (a int)')
    const pool = through({ pooler: 'transaction' })
    const holder = await occupied(pool)
    const failure = await failureOf(pool.query('INSERT INTO t VALUES (1)'))
    expect(failure).toMatchObject({ ...NOT_ASSIGNED, category: 'overloaded' })
    expect(errorCategory(failure)).toBe('overloaded')
    await holder.free()
    expect((await around.query('SELECT * FROM t')).rows).toEqual([])
    await pool.query('INSERT INTO t VALUES (1)')
    expect((await around.query('SELECT * FROM t')).rows).toEqual([{ a: 1 }])
  })

  test('query_wait_timeout: so is a transaction whose BEGIN got no server', async () => {
    const { through } = await behindPgBouncer({ settings: { default_pool_size: 1, query_wait_timeout: 1 } })
    const pool = through({ pooler: 'transaction' })
    const holder = await occupied(pool)
    const failure = await failureOf(pool.transaction(tx => tx.query('SELECT 1')))
    expect(failure).toMatchObject({ ...NOT_ASSIGNED, category: 'overloaded' })
    await holder.free()
  })

  test('no more connections allowed: the error says what to lower, and is safe to retry', async () => {
    const { through } = await behindPgBouncer({ settings: { max_client_conn: 1 } })
    const [first, second] = [
      through({ pooler: 'transaction' }),
      through({ pooler: 'transaction', retry: false }),
    ]
    await first.query('SELECT 1')
    const failure = await failureOf(second.query('SELECT 1'))
    expect(failure).toMatchObject({ ...NOT_ASSIGNED, category: 'overloaded' })
    expect(failure.message).toMatch(/no more connections allowed.*lower "max"/)
  })

  test('a pooler that is shut down under a write leaves its outcome unknown; the next call finds it again', async () => {
    const { bouncer, through, around } = await behindPgBouncer()
    const pool = through({ pooler: 'transaction' })
    const running = failureOf(pool.query('SELECT pg_sleep(600)'))
    const asleep =
      "SELECT pid FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
    await expect.poll(async () => (await around.query(asleep)).rows.length, { timeout: 20_000 }).toBe(1)
    await bouncer.shutDown()
    expect(await running).toBeInstanceOf(OutcomeUnknownError)
    await around.query(`SELECT pg_terminate_backend(pid) FROM (${asleep}) AS a`)
    await bouncer.start()
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  test('a server that is lost under a query is told from one that is away: unknown, then safe', async () => {
    const postgres = await startPostgres()
    const bouncer = await startPgBouncer({ postgres, settings: { query_wait_timeout: 2 } })
    const pool = new Pool({ connectionString: bouncer.url, pooler: 'transaction' })
    onTestFinished(async () => {
      await pool.end({ timeout: 1_000 })
      await bouncer[Symbol.asyncDispose]()
      await postgres[Symbol.asyncDispose]()
    })
    await pool.query('SELECT 1')
    const running = failureOf(pool.query('SELECT pg_sleep(600)'))
    const reading = failureOf(pool.query({ text: 'SELECT pg_sleep(600)', readOnly: true }))
    await expect.poll(() => activeServers(bouncer), { timeout: 20_000 }).toBe(2)
    await postgres.kill()
    expect(await running).toBeInstanceOf(OutcomeUnknownError)
    expect(await running).toMatchObject({ cause: { code: '08P01' } })
    expect(await reading, 'a read is no lost write').toMatchObject({ code: '08P01', retry: 'safe' })
    const away = await failureOf(pool.query('CREATE TABLE t (a int)'))
    expect(away).toMatchObject(NOT_ASSIGNED)
    expect(['overloaded', 'unreachable']).toContain(errorCategory(away))
    await postgres.start()
    await expect
      .poll(
        () =>
          pool.query('SELECT 1').then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true)
  })
})

/** How many server connections are lent at the moment. */
async function activeServers(bouncer: { admin(command: string): Promise<Record<string, unknown>[]> }) {
  const servers = await bouncer.admin('SHOW SERVERS')
  return servers.filter(({ state }) => state === 'active').length
}
