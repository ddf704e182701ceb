import { eq, sql } from 'drizzle-orm'
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core'
import type { Pool } from 'holdfast'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { accountsPool, balances, expectAllReturned } from './accounts.js'

const accounts = pgTable('accounts', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: text().notNull().unique(),
  balance: integer().notNull().default(0),
  opened: timestamp({ withTimezone: true }).notNull().defaultNow(),
})

let pool: Pool
let db: NodePgDatabase

beforeAll(async () => {
  pool = await accountsPool()
  db = drizzle({ client: pool })
})
beforeEach(() => pool.query('TRUNCATE accounts RESTART IDENTITY'))
afterEach(() => expectAllReturned(pool))
afterAll(() => pool.end())

type Executor = Pick<NodePgDatabase, 'execute'>

async function backendOf(executor: Executor): Promise<{ pid: number; xid: string | null }> {
  const result = await executor.execute<{ pid: number; xid: string | null }>(
    sql`SELECT pg_backend_pid() AS pid, pg_current_xact_id_if_assigned()::text AS xid`,
  )
  return result.rows[0] ?? { pid: 0, xid: null }
}

describe('Drizzle on our pool', () => {
  test('creates, reads, updates and deletes, with types of its own', async () => {
    const opened = new Date('2026-01-02T03:04:05.678Z')
    const [created] = await db.insert(accounts).values({ name: 'ada', balance: 5, opened }).returning()
    expect(created).toEqual({ id: 1, name: 'ada', balance: 5, opened })
    await db.update(accounts).set({ balance: 7 }).where(eq(accounts.name, 'ada'))
    expect(await db.select({ balance: accounts.balance }).from(accounts)).toEqual([{ balance: 7 }])
    await db.delete(accounts).where(eq(accounts.id, 1))
    expect(await db.select().from(accounts)).toEqual([])
  })

  test('a prepared statement runs again and again', async () => {
    await db.insert(accounts).values([{ name: 'ada' }, { name: 'bob' }])
    const byName = db
      .select({ id: accounts.id })
      .from(accounts)
      .where(eq(accounts.name, sql.placeholder('name')))
    const prepared = byName.prepare('account_by_name')
    const found = await Promise.all(['ada', 'bob', 'ada', 'nobody'].map(name => prepared.execute({ name })))
    expect(found).toEqual([[{ id: 1 }], [{ id: 2 }], [{ id: 1 }], []])
  })

  test('BEGIN, every statement and COMMIT of each of 12 concurrent transactions run on one connection', async () => {
    const transactions = Array.from({ length: 12 }, (_, n) =>
      db.transaction(async tx => {
        await tx.insert(accounts).values({ name: `n${n}` })
        const before = await backendOf(tx)
        await tx
          .update(accounts)
          .set({ balance: n })
          .where(eq(accounts.name, `n${n}`))
        return [before, await backendOf(tx)]
      }),
    )
    // Others that want the same four connections in between.
    const others = Array.from({ length: 12 }, () => db.select().from(accounts))
    const [seen] = await Promise.all([Promise.all(transactions), Promise.all(others)])
    for (const [before, after] of seen) expect(after).toEqual(before)
    // One transaction each: the numbers were assigned, and no two transactions shared one.
    expect(new Set(seen.map(([before]) => before?.xid)).size).toBe(12)
    expect(Object.keys(await balances(pool))).toHaveLength(12)
  })

  test('a transaction that throws is rolled back', async () => {
    const failed = db.transaction(async tx => {
      await tx.insert(accounts).values({ name: 'ada' })
      await tx.insert(accounts).values({ name: 'bob', balance: -1 })
    })
    await expect(failed).rejects.toMatchObject({ cause: { code: '23514' } })
    expect(await balances(pool)).toEqual({})
  })

  test('a nested transaction that throws is rolled back to its savepoint alone', async () => {
    await db.transaction(async tx => {
      await tx.insert(accounts).values({ name: 'ada' })
      const inner = tx.transaction(async sp => {
        await sp.insert(accounts).values({ name: 'bob' })
        sp.rollback()
      })
      await expect(inner).rejects.toThrow('Rollback')
    })
    expect(await balances(pool)).toEqual({ ada: 0 })
  })

  test('the isolation level reaches the server', async () => {
    const level = await db.transaction(tx => tx.execute(sql`SHOW transaction_isolation`), {
      isolationLevel: 'serializable',
    })
    expect(level.rows).toEqual([{ transaction_isolation: 'serializable' }])
  })
})
