import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { Pool } from 'holdfast'
import type { PoolClient } from 'pg'
import { from, to } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { accountsPool, balances, expectAllReturned } from './accounts.js'

interface Account {
  name: string
}

const BY_ID = 'SELECT name FROM accounts WHERE id > $1 ORDER BY id'

let pool: Pool
let client: PoolClient

beforeAll(async () => {
  pool = await accountsPool()
})
beforeEach(async () => {
  await pool.query('TRUNCATE accounts RESTART IDENTITY')
  client = await pool.connect()
})
afterEach(() => expectAllReturned(pool))
afterAll(() => pool.end())

/** Runs a piece of work in a transaction on the borrowed client, by hand, as the users of these libraries do. */
async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  try {
    await client.query('BEGIN')
    const result = await work()
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK')
    throw error
  } finally {
    client.release()
  }
}

const fill = (count: number) =>
  client.query("INSERT INTO accounts (name) SELECT 'n' || i FROM generate_series(1, $1::int) AS i", [count])

describe('pg-cursor on a client of our pool', () => {
  test('reads in portions inside a transaction', async () => {
    const portions = await inTransaction(async () => {
      await fill(5)
      const cursor = client.query(new Cursor<Account>(BY_ID, [1]))
      const sizes = [
        (await cursor.read(3)).length,
        (await cursor.read(3)).length,
        (await cursor.read(3)).length,
      ]
      await cursor.close()
      return sizes
    })
    expect(portions).toEqual([3, 1, 0])
    expect(Object.keys(await balances(pool))).toHaveLength(5)
  })

  test('a statement that fails rejects the read, and the rollback leaves nothing', async () => {
    const failed = inTransaction(async () => {
      await fill(5)
      return client.query(new Cursor('SELECT 1 / (id - 3) FROM accounts ORDER BY id')).read(10)
    })
    await expect(failed).rejects.toMatchObject({ code: '22012' })
    expect(await balances(pool)).toEqual({})
  })

  test('a cursor closed early leaves the client ready for the next query', async () => {
    const rows = await inTransaction(async () => {
      await fill(5)
      const cursor = client.query(new Cursor<Account>(BY_ID, [0]))
      await cursor.read(1)
      await cursor.close()
      return (await client.query(BY_ID, [3])).rows
    })
    expect(rows).toEqual([{ name: 'n4' }, { name: 'n5' }])
  })
})

describe('pg-query-stream on a client of our pool', () => {
  test('streams every row', async () => {
    const names = await inTransaction(async () => {
      await fill(250)
      const rows = (await client.query(new QueryStream(BY_ID, [0], { batchSize: 20 })).toArray()) as Account[]
      return rows.map(({ name }) => name)
    })
    expect([names.length, names[0], names.at(-1)]).toEqual([250, 'n1', 'n250'])
  })

  test('an abandoned stream leaves the client ready for the next query', async () => {
    const rows = await inTransaction(async () => {
      await fill(250)
      const stream = client.query(new QueryStream(BY_ID, [0], { batchSize: 20 }))
      for await (const { name } of stream as AsyncIterable<Account>) if (name === 'n30') break
      return (await client.query(BY_ID, [248])).rows
    })
    expect(rows).toEqual([{ name: 'n249' }, { name: 'n250' }])
  })

  test('a statement that fails ends the stream with its error, and the rollback leaves nothing', async () => {
    const failed = inTransaction(async () => {
      await fill(5)
      await client.query(new QueryStream('SELECT 1 / (id - 3) FROM accounts ORDER BY id')).toArray()
    })
    await expect(failed).rejects.toMatchObject({ code: '22012' })
    expect(await balances(pool)).toEqual({})
  })
})

describe('pg-copy-streams on a client of our pool', () => {
  const copyIn = (lines: string[]) =>
    pipeline(Readable.from(lines), client.query(from('COPY accounts (name, balance) FROM STDIN')))

  test('copies rows in and out', async () => {
    const out = await inTransaction(async () => {
      await copyIn(['ada\t1\n', 'bob\t', '2\n'])
      return text(client.query(to('COPY (SELECT name, balance FROM accounts ORDER BY id) TO STDOUT')))
    })
    expect(out).toBe('ada\t1\nbob\t2\n')
    expect(await balances(pool)).toEqual({ ada: 1, bob: 2 })
  })

  test('a bad row fails the copy with its error, and the rollback leaves nothing', async () => {
    await expect(inTransaction(() => copyIn(['ada\t1\n', 'bob\tmuch\n']))).rejects.toMatchObject({
      code: '22P02',
    })
    expect(await balances(pool)).toEqual({})
  })

  test('a source that breaks fails the copy, and the rollback leaves nothing', async () => {
    async function* broken() {
      yield 'ada\t1\n'
      throw new Error('the file ended early')
    }
    const failed = inTransaction(() =>
      pipeline(broken, client.query(from('COPY accounts (name, balance) FROM STDIN'))),
    )
    await expect(failed).rejects.toThrow('the file ended early')
    expect(await balances(pool)).toEqual({})
  })
})
