import { findProgram } from '@holdfast/testkit'
import { inspectMigrations, migrate, QueryTimeoutError } from 'holdfast'
import type { PoolClient } from 'pg'
import { describe, expect, test } from 'vitest'
import { finishedFiles, folderWith, write } from '../migrate/migration-folder.js'
import { behindPgBouncer } from './behind-pgbouncer.js'

/** Answers of one column. */
const show = async (on: Pick<PoolClient, 'query'>, setting: string): Promise<string> =>
  (await on.query(`SHOW ${setting}`)).rows[0][setting]

const NAMED = { name: 'one', text: 'SELECT count(*)::int AS named FROM pg_prepared_statements' }

describe.skipIf(findProgram('pgbouncer') === undefined)('through PgBouncer', () => {
  describe('in transaction mode', () => {
    test("pg's server timeouts do not keep a pool from connecting, and hold in its transactions", async () => {
      const { through } = await behindPgBouncer({ settings: { default_pool_size: 1 } })
      const pool = through({ statement_timeout: 7_000, lock_timeout: 3_000 })
      const inside = await pool.transaction(async tx => {
        const { rows } = await tx.query(
          "SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock",
        )
        return rows[0]
      })
      expect(inside).toEqual({ statement: '7s', lock: '3s' })
      expect(await show(pool, 'statement_timeout'), 'nothing is left to the next client').toBe('0')
      expect(pool.codes).toEqual(['pooler-mode-unknown'])
    })

    test('the time of a statement is kept by us where the server is not told of it', async () => {
      const { through } = await behindPgBouncer()
      const pool = through({ pooler: 'transaction', statement_timeout: 100 })
      // Connecting counts too, and may take longer on a busy machine.
      const client = await pool.connect()
      client.release()
      await expect(pool.query('SELECT pg_sleep(60)')).rejects.toBeInstanceOf(QueryTimeoutError)
    })

    test('several connections that are refused side by side are all opened at the second attempt', async () => {
      const { through } = await behindPgBouncer({ settings: { default_pool_size: 5 } })
      const pool = through({ statement_timeout: 7_000, max: 5 })
      const answers = await Promise.all(Array.from({ length: 20 }, () => pool.query('SELECT pg_sleep(0.01)')))
      expect(answers).toHaveLength(20)
    })

    test('a pooler nobody told of is noticed while connecting, which costs no question', async () => {
      const { bouncer, through } = await behindPgBouncer()
      const pool = through()
      // One of 1,000 connections does not show it.
      const clients = await Promise.all([1, 2, 3].map(() => pool.connect()))
      expect(pool.codes).toEqual(['pooler-mode-unknown'])
      const name = new URL(bouncer.url).pathname.slice(1)
      const stats = (await bouncer.admin('SHOW STATS_TOTALS')).filter(({ database }) => database === name)
      expect(stats, 'no query has been sent').toMatchObject([{ query_count: '0' }])
      for (const client of clients) client.release()
    })

    test('a named statement runs unnamed, on whatever server connection it lands', async () => {
      const { through } = await behindPgBouncer({ settings: { default_pool_size: 2 } })
      const pool = through({ pooler: 'transaction' })
      const named = await Promise.all(Array.from({ length: 30 }, () => pool.query(NAMED)))
      expect(named.map(({ rows }) => rows[0].named)).toEqual(named.map(() => 0))
      expect(pool.codes).toEqual(['pooler-unnamed-statement'])
    })

    test('what needs a session is refused before it is sent, and the client stays usable', async () => {
      const { through, around } = await behindPgBouncer({ settings: { default_pool_size: 1 } })
      const pool = through({ pooler: 'transaction' })
      const client = await pool.connect()
      for (const text of [
        'LISTEN changes',
        "SET search_path = 'nowhere'",
        'PREPARE p AS SELECT 1',
        'SELECT pg_advisory_lock(1)',
        'CREATE TEMP TABLE t (a int)',
      ]) {
        await expect(client.query(text), text).rejects.toMatchObject({ code: 'HOLDFAST_POOLER_MODE' })
        await expect(pool.query(text), text).rejects.toMatchObject({ code: 'HOLDFAST_POOLER_MODE' })
      }
      expect(await show(client, 'search_path')).toBe('"$user", public')
      client.release()
      const { rows } = await around.query(
        "SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      )
      expect(rows).toEqual([{ locks: 0 }])
    })

    test('what ends with a transaction works inside of one', async () => {
      const { through } = await behindPgBouncer()
      const pool = through({ pooler: 'transaction' })
      const found = await pool.transaction(async tx => {
        await tx.query('SET LOCAL search_path = pg_catalog')
        await tx.query('SELECT pg_advisory_xact_lock(1)')
        await tx.query('CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1 AS a')
        return (await tx.query('SELECT a FROM pg_temp.t')).rows
      })
      expect(found).toEqual([{ a: 1 }])
    })

    test('migrations run, but for those that need a session: they are refused, and nothing of them is left', async () => {
      const { through } = await behindPgBouncer()
      const pool = through({ pooler: 'transaction' })
      const first = { '0001_notes.sql': 'CREATE TABLE notes (id int)' }
      const directory = await folderWith(first)
      expect((await migrate(pool, { directory })).applied).toEqual(['0001_notes.sql'])
      const index = '--! no-transaction\nCREATE INDEX CONCURRENTLY idx_notes_id ON notes (id);'
      await write(directory, { '0002_index.sql': index })
      await expect(migrate(pool, { directory })).rejects.toMatchObject({ code: 'HOLDFAST_POOLER_MODE' })
      expect(await finishedFiles(pool)).toEqual(['0001_notes.sql'])
      expect((await inspectMigrations(pool, { directory })).problems).toEqual([])
    })

    test('a query past its time is cancelled on the server', async () => {
      const { through, around } = await behindPgBouncer()
      const pool = through({ pooler: 'transaction' })
      const sleeping =
        "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'"
      const running = pool.query({ text: 'SELECT pg_sleep(600)', timeout: 500 })
      await expect(running).rejects.toBeInstanceOf(QueryTimeoutError)
      await expect.poll(async () => (await around.query(sleeping)).rows[0].n, { timeout: 20_000 }).toBe(0)
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    })

    test('a client released inside a transaction is rolled back, and touches no session of others', async () => {
      const { bouncer, through, around } = await behindPgBouncer({ settings: { default_pool_size: 1 } })
      await around.query('CREATE TABLE t (a int)')
      const pool = through({ pooler: 'transaction' })
      const client = await pool.connect()
      await client.query('BEGIN')
      await client.query('INSERT INTO t VALUES (1)')
      client.release()
      expect((await pool.query('SELECT * FROM t')).rows).toEqual([])
      expect(pool.codes).toEqual(['open-transaction'])
      expect(bouncer.log).not.toMatch(/DISCARD|got dirty|unclean server/)
    })

    test('the error about a startup parameter that the pooler does not know says what to do', async () => {
      const { through } = await behindPgBouncer()
      const pool = through({ options: '-c search_path=pg_catalog' })
      await expect(pool.query('SELECT 1')).rejects.toThrow(/"options": set it on the role/)
    })
  })

  describe('in session mode', () => {
    test("pg's server timeouts hold in the whole session", async () => {
      const { through } = await behindPgBouncer({ mode: 'session' })
      const pool = through({ pooler: 'session', statement_timeout: 300 })
      expect(await show(pool, 'statement_timeout')).toBe('300ms')
      await expect(pool.query({ text: 'SELECT pg_sleep(60)', timeout: '1m' })).rejects.toMatchObject({
        code: '57014',
      })
    })

    test('settings, prepared statements, locks and notifications work', async () => {
      const { through, around } = await behindPgBouncer({ mode: 'session' })
      const pool = through({ pooler: 'session' })
      const client = await pool.connect()
      await client.query("SET search_path = 'pg_catalog'")
      expect(await show(client, 'search_path')).toBe('pg_catalog')
      expect((await client.query(NAMED)).rows).toEqual([{ named: 1 }])
      const heard = new Promise(resolve => client.once('notification', resolve))
      await client.query('LISTEN changes')
      await around.query('NOTIFY changes')
      await heard
      client.release(true)
      expect(pool.codes).toEqual([])
    })

    test('a query past its time is cancelled on the server', async () => {
      const { through } = await behindPgBouncer({ mode: 'session', settings: { default_pool_size: 1 } })
      const pool = through({ pooler: 'session' })
      const running = pool.query({ text: 'SELECT pg_sleep(600)', timeout: 500 })
      await expect(running).rejects.toBeInstanceOf(QueryTimeoutError)
      expect((await pool.query('SELECT 1 AS one')).rows, 'the only server connection is free').toEqual([
        { one: 1 },
      ])
    })
  })
})
