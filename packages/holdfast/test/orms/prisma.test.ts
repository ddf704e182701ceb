import { PrismaPg } from '@prisma/adapter-pg'
import type { Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { accountsPool, balances, expectAllReturned } from './accounts.js'

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>

let pool: Pool
let adapter: Adapter

beforeAll(async () => {
  pool = await accountsPool()
  adapter = await new PrismaPg(pool).connect()
})
beforeEach(() => pool.query('TRUNCATE accounts RESTART IDENTITY'))
afterEach(() => expectAllReturned(pool))
afterAll(() => pool.end())

/** Prisma reads times as they stand, so they are asked for in one zone. */
const READ = "SELECT id, name, balance, opened AT TIME ZONE 'UTC' AS opened FROM accounts WHERE balance > $1"

/** A statement as Prisma's engine hands it to the adapter: text and typed arguments. */
function statement(sql: string, ...args: (string | number)[]) {
  const argTypes = args.map(arg => ({
    scalarType: typeof arg === 'number' ? ('int' as const) : ('string' as const),
    arity: 'scalar' as const,
  }))
  return { sql, args, argTypes }
}

const open = (name: string, balance: number) =>
  statement('INSERT INTO accounts (name, balance) VALUES ($1, $2)', name, balance)

describe('the adapter of Prisma on our pool', () => {
  test('takes it for the pool that it is, instead of making one of its own', () => {
    expect(pool).toBeInstanceOf(pg.Pool)
    expect(adapter.underlyingDriver()).toBe(pool)
  })

  test('creates, reads, updates and deletes', async () => {
    expect(await adapter.executeRaw(open('ada', 5))).toBe(1)
    expect(
      await adapter.executeRaw(statement('UPDATE accounts SET balance = 7 WHERE name = $1', 'ada')),
    ).toBe(1)
    const result = await adapter.queryRaw(statement(READ, 6))
    expect(result.columnNames).toEqual(['id', 'name', 'balance', 'opened'])
    // Rows are arrays, and times are text that the engine reads.
    expect(result.rows).toEqual([[1, 'ada', 7, '2026-01-02T03:04:05+00:00']])
    expect(await adapter.executeRaw(statement('DELETE FROM accounts'))).toBe(1)
  })

  test('a transaction commits as one, on one connection', async () => {
    const tx = await adapter.startTransaction('SERIALIZABLE')
    const backend = async () =>
      (await tx.queryRaw(statement("SELECT pg_backend_pid(), current_setting('transaction_isolation')")))
        .rows[0]
    const before = await backend()
    await tx.executeRaw(open('ada', 1))
    expect(await balances(pool)).toEqual({})
    expect(await backend()).toEqual(before)
    expect(before?.[1]).toBe('serializable')
    await tx.executeRaw(statement('COMMIT'))
    await tx.commit()
    expect(await balances(pool)).toEqual({ ada: 1 })
  })

  test('an error in a transaction arrives translated, and the rollback leaves nothing', async () => {
    const tx = await adapter.startTransaction()
    await tx.executeRaw(open('ada', 1))
    await expect(tx.executeRaw(open('ada', 2))).rejects.toMatchObject({
      cause: { kind: 'UniqueConstraintViolation', originalCode: '23505' },
    })
    await tx.executeRaw(statement('ROLLBACK'))
    await tx.rollback()
    expect(await balances(pool)).toEqual({})
  })

  test('goes back to a savepoint', async () => {
    const tx = await adapter.startTransaction()
    await tx.executeRaw(open('ada', 1))
    await tx.createSavepoint?.('before')
    await tx.executeRaw(open('bob', 1))
    await tx.rollbackToSavepoint?.('before')
    await tx.executeRaw(statement('COMMIT'))
    await tx.commit()
    expect(await balances(pool)).toEqual({ ada: 1 })
  })

  test('leaves the pool open when it is disposed of, and takes its listener with it', async () => {
    const listeners = pool.listenerCount('error')
    const other = await new PrismaPg(pool).connect()
    expect(pool.listenerCount('error')).toBe(listeners + 1)
    await other.dispose()
    expect(pool.listenerCount('error')).toBe(listeners)
    expect(pool.ending).toBe(false)
  })
})
