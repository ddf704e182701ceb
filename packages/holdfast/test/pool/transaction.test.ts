import { Pool } from 'holdfast'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SERVERS } from '../support/servers.js'

let pool: Pool

const numbers = async () => (await pool.query('SELECT n FROM numbers ORDER BY n')).rows.map(({ n }) => n)

describe.each(SERVERS)('pool.transaction, on $name', ({ open }) => {
  let close: () => Promise<void>

  beforeAll(async () => {
    const database = await open()
    close = database.close
    pool = new Pool({ connectionString: database.url, max: 4 })
    await pool.query('CREATE TABLE numbers (n int PRIMARY KEY)')
  })
  beforeEach(async () => {
    await pool.query('TRUNCATE numbers')
  })
  afterAll(async () => {
    await pool.end()
    await close()
  })

  test('commits what the function did and returns its value', async () => {
    const value = await pool.transaction(async tx => {
      await tx.query('INSERT INTO numbers VALUES (1)')
      return 'done'
    })
    expect(value).toBe('done')
    expect(await numbers()).toEqual([1])
  })

  test('rolls back when the function throws, and throws the same error', async () => {
    const reason = new Error('no')
    const attempt = pool.transaction(async tx => {
      await tx.query('INSERT INTO numbers VALUES (1)')
      throw reason
    })
    await expect(attempt).rejects.toBe(reason)
    expect(await numbers()).toEqual([])
  })

  test('undoes only the savepoint when a nested transaction throws', async () => {
    await pool.transaction(async tx => {
      await tx.query('INSERT INTO numbers VALUES (1)')
      const nested = tx.transaction(async inner => {
        await inner.query('INSERT INTO numbers VALUES (2)')
        await inner.query('INSERT INTO numbers VALUES (1)')
      })
      await expect(nested).rejects.toMatchObject({ code: '23505', category: 'duplicate', retry: 'never' })
      await tx.query('INSERT INTO numbers VALUES (3)')
    })
    expect(await numbers()).toEqual([1, 3])
  })

  test('lets sibling savepoints take turns', async () => {
    await pool.transaction(tx =>
      Promise.all(
        [4, 5, 6].map(n => tx.transaction(inner => inner.query('INSERT INTO numbers VALUES ($1)', [n]))),
      ),
    )
    expect(await numbers()).toEqual([4, 5, 6])
  })

  test('does not pass a swallowed error off as a commit', async () => {
    const attempt = pool.transaction(async tx => {
      await tx.query('INSERT INTO numbers VALUES (1)')
      await tx.query('SELECT 1 / 0').catch(() => {})
    })
    await expect(attempt).rejects.toMatchObject({ code: 'HOLDFAST_TRANSACTION_ABORTED' })
    expect(await numbers()).toEqual([])
  })

  test('refuses statements after its end', async () => {
    const tx = await pool.transaction(open => open)
    await expect(tx.query('SELECT 1')).rejects.toMatchObject({ code: 'HOLDFAST_TRANSACTION_CLOSED' })
  })

  test('notices that the function ended it by hand', async () => {
    await expect(pool.transaction(tx => tx.query('COMMIT'))).rejects.toMatchObject({
      code: 'HOLDFAST_TRANSACTION_CLOSED',
    })
  })

  test('runs with the isolation and the access mode it was asked for', async () => {
    const modes = await pool.transaction(
      async tx =>
        (
          await tx.query(
            "SELECT current_setting('transaction_isolation') AS i, current_setting('transaction_read_only') AS r",
          )
        ).rows,
      { isolation: 'serializable', readOnly: true },
    )
    expect(modes).toEqual([{ i: 'serializable', r: 'on' }])
    const write = pool.transaction(tx => tx.query('INSERT INTO numbers VALUES (1)'), { readOnly: true })
    await expect(write).rejects.toMatchObject({ code: '25006', category: 'read-only' })
  })

  test('is rolled back and rejected at its deadline, whatever the function waits for', async () => {
    const attempt = pool.transaction(
      async tx => {
        await tx.query('INSERT INTO numbers VALUES (1)')
        await new Promise(() => {})
      },
      { timeout: 100 },
    )
    await expect(attempt).rejects.toMatchObject({ code: 'HOLDFAST_QUERY_TIMEOUT', retry: 'safe' })
    expect(await numbers()).toEqual([])
  })

  test('runs again after a conflict only when it was allowed to', async () => {
    let runs = 0
    const conflicting = (attempts: number) =>
      pool.transaction(
        async tx => {
          runs++
          await tx.query('SELECT n FROM numbers')
          if (runs === 1) await pool.query('INSERT INTO numbers VALUES (1)')
          await tx.query('SELECT 1')
          if (runs === 1)
            await tx.query("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$")
        },
        { attempts },
      )
    await expect(conflicting(1)).rejects.toMatchObject({ code: '40001', retry: 'safe', category: 'conflict' })
    runs = 0
    await pool.query('TRUNCATE numbers')
    await conflicting(2)
    expect(runs).toBe(2)
  })
})
