import type { Pool } from 'holdfast'
import { type Generated, Kysely, PostgresDialect, sql } from 'kysely'
import Cursor from 'pg-cursor'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { accountsPool, balances, expectAllReturned } from './accounts.js'

interface Database {
  accounts: { id: Generated<number>; name: string; balance: Generated<number>; opened: Generated<Date> }
}

let pool: Pool
let db: Kysely<Database>

beforeAll(async () => {
  pool = await accountsPool()
  db = new Kysely<Database>({ dialect: new PostgresDialect({ pool, cursor: Cursor }) })
})
beforeEach(() => pool.query('TRUNCATE accounts RESTART IDENTITY'))
afterEach(() => expectAllReturned(pool))
afterAll(() => pool.end())

const open = (name: string, balance: number) => db.insertInto('accounts').values({ name, balance })

describe('Kysely on our pool', () => {
  test('creates, reads, updates and deletes', async () => {
    const created = await open('ada', 5).returningAll().executeTakeFirstOrThrow()
    expect(created).toEqual({ id: 1, name: 'ada', balance: 5, opened: new Date('2026-01-02T03:04:05Z') })
    const updated = await db
      .updateTable('accounts')
      .set({ balance: 7 })
      .where('name', '=', 'ada')
      .executeTakeFirst()
    expect(updated.numUpdatedRows).toBe(1n)
    expect(await db.selectFrom('accounts').select('balance').execute()).toEqual([{ balance: 7 }])
    await db.deleteFrom('accounts').where('id', '=', created.id).execute()
    expect(await db.selectFrom('accounts').selectAll().execute()).toEqual([])
  })

  test('a transaction commits as one, on one connection', async () => {
    const backend = sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`
    const pids = await db.transaction().execute(async tx => {
      const first = await backend.execute(tx)
      await tx.insertInto('accounts').values({ name: 'ada', balance: 1 }).execute()
      expect(await balances(pool)).toEqual({})
      return [...first.rows, ...(await backend.execute(tx)).rows].map(({ pid }) => pid)
    })
    expect(new Set(pids).size).toBe(1)
    expect(await balances(pool)).toEqual({ ada: 1 })
  })

  test('a transaction that throws is rolled back, and its error arrives as it was', async () => {
    const failed = db.transaction().execute(async tx => {
      await tx.insertInto('accounts').values({ name: 'ada', balance: 1 }).execute()
      await tx.insertInto('accounts').values({ name: 'bob', balance: -1 }).execute()
    })
    await expect(failed).rejects.toMatchObject({ code: '23514', table: 'accounts' })
    expect(await balances(pool)).toEqual({})
  })

  test('a controlled transaction goes back to a savepoint', async () => {
    const tx = await db.startTransaction().execute()
    await tx.insertInto('accounts').values({ name: 'ada', balance: 1 }).execute()
    const inner = await tx.savepoint('before').execute()
    await inner.insertInto('accounts').values({ name: 'bob', balance: 1 }).execute()
    await inner.rollbackToSavepoint('before').execute()
    await tx.commit().execute()
    expect(await balances(pool)).toEqual({ ada: 1 })
  })

  test('streams rows through a cursor, and an abandoned stream gives its connection back', async () => {
    await pool.query("INSERT INTO accounts (name) SELECT 'n' || i FROM generate_series(1, 100) AS i")
    const names: string[] = []
    for await (const { name } of db.selectFrom('accounts').select('name').orderBy('id').stream(10)) {
      names.push(name)
      if (names.length === 25) break
    }
    expect(names.at(-1)).toBe('n25')
  })

  test('20 transactions at once share 4 connections and lose nothing', async () => {
    await open('ada', 0).execute()
    const add = () =>
      db.transaction().execute(tx =>
        tx
          .updateTable('accounts')
          .set(eb => ({ balance: eb('balance', '+', 1) }))
          .where('name', '=', 'ada')
          .execute(),
      )
    await Promise.all(Array.from({ length: 20 }, add))
    expect(await balances(pool)).toEqual({ ada: 20 })
  })

  test('destroy() ends the pool', async () => {
    const other = await accountsPool()
    await new Kysely<Database>({ dialect: new PostgresDialect({ pool: other }) }).destroy()
    // A Kysely that never ran a query has not taken the pool yet, so it leaves it alone.
    expect(other.ended).toBe(false)
    const used = new Kysely<Database>({ dialect: new PostgresDialect({ pool: other }) })
    await used.selectFrom('accounts').selectAll().execute()
    await used.destroy()
    expect(other.ended).toBe(true)
  })
})
