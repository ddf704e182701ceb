import { migrate, Pool } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'
import { emptyDatabase, finishedFiles, folderWith, holderOf } from './migration-folder.js'

const numbers = Array.from({ length: 8 }, (_, index) => index + 1)
const steps = Object.fromEntries(
  numbers.map(n => [`000${n}_step.sql`, `CREATE TABLE step_${n} (); SELECT pg_sleep(0.02);`]),
)

/** A runner must not depend on the connection's defaults, and this one would hide what others did. */
const STRICT = '-c default_transaction_isolation=serializable'

test('of twenty runners that start at once one works and nineteen find it done', async () => {
  const { url } = await emptyDatabase()
  const directory = await folderWith(steps)
  // Twenty backends at once: a busy machine needs its time for that.
  const options = { connectionString: url, max: 1, connectionTimeoutMillis: 60_000, options: STRICT }
  const pools = Array.from({ length: 20 }, () => new Pool(options))
  onTestFinished(async () => {
    await Promise.all(pools.map(pool => pool.end()))
  })
  const results = await Promise.all(pools.map(pool => migrate(pool, { directory })))
  const applied = results.map(result => result.applied.length).sort((a, b) => b - a)
  expect(applied).toEqual([8, ...Array.from({ length: 19 }, () => 0)])
})

test('the runners of one process can share a pool of one connection', async () => {
  const pool = await emptyDatabase({ max: 1 })
  const directory = await folderWith(steps)
  const results = await Promise.all(numbers.map(() => migrate(pool, { directory })))
  expect(results.flatMap(result => result.applied).sort()).toEqual(Object.keys(steps))
})

test('a file that meets a locked table is rolled back and tried again until the lock is gone', async () => {
  const pool = await emptyDatabase()
  await pool.query('CREATE TABLE busy ()')
  const holder = await holderOf(pool, 'LOCK TABLE busy IN ACCESS EXCLUSIVE MODE')
  const directory = await folderWith({
    '0001_busy.sql': 'CREATE TABLE other (); ALTER TABLE busy ADD x int;',
  })
  const retried: number[] = []
  const { applied } = await migrate(pool, {
    directory,
    lockTimeout: 20,
    onProgress(step) {
      if (step.state !== 'retrying') return
      retried.push(step.attempt)
      if (retried.length === 3) holder.letGo()
    },
  })
  expect(retried.slice(0, 3)).toEqual([2, 3, 4])
  expect(applied).toEqual(['0001_busy.sql'])
})

test('a lock that never goes away ends the run after the given attempts, with the reason', async () => {
  const pool = await emptyDatabase()
  await pool.query('CREATE TABLE busy ()')
  const holder = await holderOf(pool, 'LOCK TABLE busy IN ACCESS EXCLUSIVE MODE')
  const directory = await folderWith({ '0001_busy.sql': 'ALTER TABLE busy ADD x int' })
  await expect(migrate(pool, { directory, lockTimeout: 10, attempts: 2 })).rejects.toMatchObject({
    file: '0001_busy.sql',
    sqlState: '55P03',
    category: 'lock-unavailable',
    retry: 'safe',
    message: expect.stringContaining('gave up after 2 attempts'),
  })
  await holder.letGo()
})

test('a runner that never finishes is waited for no longer than told', async () => {
  const pool = await emptyDatabase()
  const holder = await holderOf(pool, "SELECT pg_advisory_xact_lock(hashtextextended('holdfast.migrate', 0))")
  const directory = await folderWith(steps)
  await expect(migrate(pool, { directory, waitTimeout: 50 })).rejects.toThrow(/another runner is at work/)
  await holder.letGo()
  await migrate(pool, { directory })
  expect(await finishedFiles(pool)).toHaveLength(8)
})
