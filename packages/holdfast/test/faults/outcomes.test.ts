import { startPostgres } from '@holdfast/testkit'
import { OutcomeUnknownError, Pool } from 'holdfast'
import { expect, onTestFinished, test } from 'vitest'
import { type FaultWorld, openFaultWorld } from './fault-world.js'

/** A COMMIT that waits at gate 1: a cursor that is to outlive it runs its query then. */
const SLOW_COMMIT = 'DECLARE held CURSOR WITH HOLD FOR SELECT gate(1)'

/** Loses the answer to the COMMIT of a transaction with these statements. */
async function undecided(
  { proxy, pool }: FaultWorld,
  ...statements: [string, unknown[]?][]
): Promise<unknown> {
  proxy.inject({ when: { direction: 'requests', type: 'Query', text: 'COMMIT' }, do: 'cut', at: 'after' })
  const done = pool.transaction(async tx => {
    for (const [text, values] of statements) await tx.query(text, values)
  })
  const error = await done.catch(each => each)
  expect(error).toBeInstanceOf(OutcomeUnknownError)
  return error
}

const WITH_PARAMETERS: [string, unknown[]] = ['INSERT INTO items VALUES ($1)', [10]]
const WITHOUT: [string] = ['INSERT INTO items VALUES (11)']

test.each([
  ['with parameters', [WITH_PARAMETERS]],
  ['without parameters', [WITHOUT]],
  ['of both kinds', [WITH_PARAMETERS, WITHOUT]],
  ['of both kinds, the other way round', [WITHOUT, WITH_PARAMETERS]],
] as [string, [string, unknown[]?][]][])('statements %s: the transaction is known', async (_, statements) => {
  const world = await openFaultWorld()
  expect(await world.pool.resolveOutcome(await undecided(world, ...statements))).toBe('committed')
})

test('only a transaction that ends with a statement without parameters costs a question of its own', async () => {
  const world = await openFaultWorld()
  await world.pool.transaction(tx => tx.query('SELECT 1'))
  const flushes = async (...statements: [string, unknown[]?][]) => {
    const when = { direction: 'answers', type: 'ReadyForQuery' } as const
    const seen = world.proxy.inject({ when, do: { throttle: 1e9 }, times: 100 })
    await world.pool.transaction(async tx => {
      for (const [text, values] of statements) await tx.query(text, values)
    })
    seen.lift()
    return seen.strikes
  }
  expect(await flushes(WITH_PARAMETERS)).toBe(3)
  expect(await flushes(WITHOUT)).toBe(4)
  expect(await flushes(['UPDATE items SET n = $1', [1]], ['UPDATE items SET n = 2'])).toBe(4)
})

test('a transaction whose outcome nobody wants to know costs nothing more', async () => {
  const world = await openFaultWorld()
  const when = { direction: 'requests', text: 'pg_current_xact_id' } as const
  const asked = world.proxy.inject({ when, do: 'cut', times: 100 })
  await world.pool.transaction(tx => tx.query(...WITH_PARAMETERS), { trackOutcome: false })
  await world.pool.transaction(tx => tx.query(...WITHOUT), { trackOutcome: false })
  expect(asked.strikes).toBe(0)
})

test('a COMMIT still in progress is waited for until the deadline', async () => {
  const world = await openFaultWorld()
  await world.outside.query('SELECT pg_advisory_lock(1)')
  const error = await undecided(world, WITH_PARAMETERS, [SLOW_COMMIT])
  expect(await world.pool.resolveOutcome(error, { timeout: 200 })).toBe('in progress')
  const outcome = world.pool.resolveOutcome(error)
  await world.outside.query('SELECT pg_advisory_unlock(1)')
  expect(await outcome).toBe('committed')
})

test('a COMMIT whose backend is terminated was aborted', async () => {
  const world = await openFaultWorld()
  await world.outside.query('SELECT pg_advisory_lock(1)')
  const error = await undecided(world, WITH_PARAMETERS, [SLOW_COMMIT])
  await world.blocked()
  await world.outside.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
  )
  expect(await world.pool.resolveOutcome(error)).toBe('aborted')
  expect((await world.outside.query('SELECT 1 FROM items WHERE id = 10')).rowCount).toBe(0)
})

test('what nobody can know is unknown: a statement of its own, a transaction that had written nothing, any other error', async () => {
  const world = await openFaultWorld()
  expect(await world.pool.resolveOutcome(await undecided(world, ['SELECT $1::int', [1]]))).toBe('unknown')
  world.proxy.inject({
    when: { direction: 'requests', type: 'Sync', statement: 'INSERT' },
    do: 'cut',
    at: 'after',
  })
  const alone = await world.pool.query(...WITH_PARAMETERS).catch(each => each)
  expect(alone).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN' })
  expect(alone.xid).toBeUndefined()
  expect(await world.pool.resolveOutcome(alone)).toBe('unknown')
  expect(await world.pool.resolveOutcome(new Error('other'))).toBe('unknown')
  expect(await world.pool.resolveOutcome(undefined)).toBe('unknown')
})

test('a write of its own on a pool with a cache is known by its frame, and so is a wrapped error', async () => {
  const world = await openFaultWorld()
  const pool = world.openPool({ cache: { tables: { items: '1m' } } })
  await pool.query('SELECT * FROM items')
  const when = { direction: 'requests', type: 'Query', text: 'COMMIT' } as const
  for (const at of ['after', 'before'] as const) {
    world.proxy.inject({ when, do: 'cut', at })
    const error = await pool.query('UPDATE items SET n = n + 1 WHERE id = 1').catch(each => each)
    expect(error).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN' })
    const wrapped = new Error('Failed query', { cause: error })
    expect(await pool.resolveOutcome(wrapped)).toBe(at === 'after' ? 'committed' : 'aborted')
  }
  expect((await world.outside.query('SELECT n FROM items WHERE id = 1')).rows).toEqual([{ n: 1 }])
})

test('a restart keeps what is known; after a crash only what cannot be mistaken is told', async () => {
  const server = await startPostgres()
  onTestFinished(() => server[Symbol.asyncDispose]())
  const world = await openFaultWorld({ connectionTimeoutMillis: 60_000 }, server.url)
  const committed = await undecided(world, WITH_PARAMETERS)
  expect(await world.pool.resolveOutcome(committed)).toBe('committed')
  await server.restart()
  expect(await world.pool.resolveOutcome(committed)).toBe('committed')
  await server.kill()
  await server.start()
  expect(await world.pool.resolveOutcome(committed)).toBe('unknown')
  // Of a transaction that the server has forgotten with everything that it did.
  const pool = new Pool({ connectionString: server.url })
  onTestFinished(() => pool.end())
  expect((await pool.query('SELECT 1 FROM items WHERE id = 10')).rowCount).toBe(1)
})
