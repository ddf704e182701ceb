import type { FaultRule } from '@holdfast/testkit'
import type { Transaction, TransactionOptions } from 'holdfast'
import { expect, test } from 'vitest'
import { type FaultWorld, openFaultWorld } from './fault-world.js'

/** A transaction that counts its runs inside and outside of the database. */
function counted(world: FaultWorld, options: TransactionOptions = {}) {
  const state = { runs: 0 }
  const work = async (tx: Transaction) => {
    state.runs++
    await tx.query('INSERT INTO items VALUES ($1, $2)', [10, state.runs])
    await tx.query('UPDATE items SET n = n + 1 WHERE id = 1')
  }
  return { state, done: world.pool.transaction(work, options) }
}

const cutAt = (statement: string, at: FaultRule['at']): FaultRule => ({
  when: { direction: 'requests', statement },
  do: 'cut',
  ...(at && { at }),
})
const stored = async ({ outside }: FaultWorld) =>
  (await outside.query('SELECT id, n FROM items WHERE id IN (1, 10) ORDER BY id')).rows

test('a connection lost before the COMMIT ends a transaction that was not declared replay-safe', async () => {
  const world = await openFaultWorld()
  world.proxy.inject(cutAt('UPDATE items', 'after'))
  const { state, done } = counted(world)
  await expect(done).rejects.toMatchObject({ code: 'HOLDFAST_CONNECTION_LOST', retry: 'safe' })
  expect(state.runs).toBe(1)
  expect(await stored(world)).toEqual([{ id: 1, n: 0 }])
})

test('that it may run again after a conflict does not say that it may after a lost connection', async () => {
  const world = await openFaultWorld()
  world.proxy.inject(cutAt('UPDATE items', 'after'))
  const { state, done } = counted(world, { attempts: 5 })
  await expect(done).rejects.toMatchObject({ code: 'HOLDFAST_CONNECTION_LOST' })
  expect(state.runs).toBe(1)
})

test('declared replay-safe it runs again as a whole, and is applied once', async () => {
  const world = await openFaultWorld()
  world.proxy.inject(cutAt('UPDATE items', 'after'))
  const { state, done } = counted(world, { replaySafe: true })
  await done
  expect(state.runs).toBe(2)
  expect(await stored(world)).toEqual([
    { id: 1, n: 1 },
    { id: 10, n: 2 },
  ])
})

test('before its function was called it is begun again, declared or not', async () => {
  const world = await openFaultWorld()
  world.proxy.inject(cutAt('BEGIN', 'after'))
  const { state, done } = counted(world)
  await done
  expect(state.runs).toBe(1)
  expect(await stored(world)).toHaveLength(2)
})

test.each(['before', 'inside', 'after'] as const)(
  'a COMMIT cut off %s is never sent again, replay-safe or not',
  async at => {
    const world = await openFaultWorld()
    world.proxy.inject(cutAt('COMMIT', at))
    const { state, done } = counted(world, { replaySafe: true, attempts: 5 })
    const error = await done.catch(each => each)
    expect(error).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', xid: expect.stringMatching(/^\d+$/) })
    expect(state.runs).toBe(1)
    const outcome = await world.pool.resolveOutcome(error)
    expect(outcome).toBe(at === 'after' ? 'committed' : 'aborted')
    expect(await stored(world)).toHaveLength(outcome === 'committed' ? 2 : 1)
  },
)

test('a transaction that only reads has lost nothing with its COMMIT, and runs again where that is safe', async () => {
  const world = await openFaultWorld()
  const read = (options: TransactionOptions) =>
    world.pool.transaction(tx => tx.query('SELECT count(*)::int AS n FROM items WHERE id < 3'), {
      ...options,
      readOnly: true,
    })
  world.proxy.inject(cutAt('COMMIT', 'after'))
  await expect(read({})).rejects.toMatchObject({ code: 'HOLDFAST_CONNECTION_LOST', retry: 'safe' })
  world.proxy.inject(cutAt('COMMIT', 'after'))
  expect((await read({ replaySafe: true })).rows).toEqual([{ n: 2 }])
})

test('40001 at the COMMIT itself rolls back, and runs again within `attempts`', async () => {
  const world = await openFaultWorld()
  const transfer = (attempts: number) => {
    let runs = 0
    const done = world.pool.transaction(
      async tx => {
        runs++
        await tx.query('SELECT n FROM items')
        // Another one that reads what this one writes, and writes what it reads.
        if (runs === 1)
          await world.pool.transaction(
            async other => {
              await other.query('SELECT n FROM items')
              await other.query('UPDATE items SET n = n + 10 WHERE id = 2')
            },
            { isolation: 'serializable' },
          )
        await tx.query('UPDATE items SET n = n + 1 WHERE id = 1')
      },
      { isolation: 'serializable', attempts },
    )
    return done.then(() => runs)
  }
  await expect(transfer(1)).rejects.toMatchObject({ code: '40001', retry: 'safe' })
  expect(await transfer(2)).toBe(2)
  expect(await stored(world)).toEqual([{ id: 1, n: 1 }])
})

test('a deferred constraint that fails at the COMMIT is not tried again by itself', async () => {
  const world = await openFaultWorld()
  await world.outside.query(
    'CREATE TABLE later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO later VALUES (1)',
  )
  let runs = 0
  const attempt = world.pool.transaction(
    tx => {
      runs++
      return tx.query('INSERT INTO later VALUES (1)')
    },
    { replaySafe: true },
  )
  await expect(attempt).rejects.toMatchObject({ code: '23505' })
  expect(runs).toBe(1)
})

test('an error of the application is not a reason to run again, nor is one after it has committed by hand', async () => {
  const world = await openFaultWorld()
  let runs = 0
  const options = { replaySafe: true, attempts: 3 }
  const own = new Error('no')
  const failing = world.pool.transaction(() => {
    runs++
    throw own
  }, options)
  await expect(failing).rejects.toBe(own)
  const byHand = world.pool.transaction(async tx => {
    runs++
    await tx.query('INSERT INTO items VALUES (10)')
    await tx.query('COMMIT')
    await tx.query("SELECT fail_with('40001')")
  }, options)
  await expect(byHand).rejects.toMatchObject({ code: '40001' })
  expect(runs).toBe(2)
})

test('an error that an ORM has wrapped is still a conflict', async () => {
  const world = await openFaultWorld()
  let runs = 0
  await world.pool.transaction(
    async tx => {
      if (++runs > 1) return
      await tx.query("SELECT fail_with('40001')").catch(cause => {
        throw new Error('Failed query', { cause })
      })
    },
    { attempts: 2 },
  )
  expect(runs).toBe(2)
})

test('its deadline holds for all its runs together', async () => {
  const world = await openFaultWorld()
  let runs = 0
  const fail = (tx: Transaction) => {
    runs++
    return tx.query("SELECT fail_with('40001')")
  }
  const attempt = world.pool.transaction(fail, { attempts: 1_000, timeout: 300 })
  await expect(attempt).rejects.toMatchObject({ retry: 'safe' })
  // So many as the budget alone would allow take seconds.
  expect(runs).toBeLessThan(11)
})
