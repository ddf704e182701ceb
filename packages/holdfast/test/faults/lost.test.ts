import type { FaultRule } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { type FaultWorld, openFaultWorld } from './fault-world.js'

/** Rows of the classification in which the connection is lost under a statement. */

const INSERT = "INSERT INTO items SELECT 100 + nextval('runs') RETURNING id"

/** Loses the connection of the running statement: the server has the statement, and its answer gets nowhere. */
type Lose = (world: FaultWorld) => Promise<unknown>

const byRule =
  (action: 'cut' | 'reset'): Lose =>
  async ({ proxy }) => {
    const rule: FaultRule = {
      when: { direction: 'answers', type: 'ReadyForQuery', statement: 'INSERT' },
      do: action,
    }
    await proxy.inject(rule).struck
  }

const LOSSES: readonly (readonly [string, Lose])[] = [
  ['the connection ends (FIN)', byRule('cut')],
  ['the connection is reset (ECONNRESET)', byRule('reset')],
]

test.each(LOSSES)('a write is not repeated when %s before its answer', async (_, lose) => {
  const world = await openFaultWorld()
  const lost = lose(world)
  const write = world.pool.query(INSERT)
  await expect(write).rejects.toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', retry: 'unknown' })
  await lost
  expect(await world.runs()).toBe(1)
  expect((await world.outside.query('SELECT id FROM items WHERE id > 100')).rows).toEqual([{ id: 101 }])
})

test.each(LOSSES)('what may be applied twice runs again when %s', async (_, lose) => {
  const world = await openFaultWorld()
  const lost = lose(world)
  expect((await world.pool.query({ text: INSERT, idempotent: true })).rows).toEqual([{ id: 102 }])
  await lost
  expect(await world.runs()).toBe(2)
})

/** Statements that wait at a gate, so that something can happen to their backend meanwhile. */
const WAITING = "SELECT nextval('runs') AS run, gate(1)"
const BACKEND =
  "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

/** Runs a statement, does something to the backend that works on it, and opens the gate. */
async function interrupted(world: FaultWorld, extras: object, interrupt: (pid: number) => Promise<unknown>) {
  await world.outside.query('SELECT pg_advisory_lock(1)')
  const query = world.pool.query({ text: WAITING, ...extras })
  const told = query.catch(error => error)
  await world.blocked()
  await interrupt((await world.outside.query(BACKEND)).rows[0].pid)
  await world.outside.query('SELECT pg_advisory_unlock(1)')
  return told
}

const terminated = (world: FaultWorld) => (pid: number) =>
  world.outside.query('SELECT pg_terminate_backend($1)', [pid])

test('57P01: a statement whose backend is terminated may have been applied', async () => {
  const world = await openFaultWorld()
  const error = await interrupted(world, {}, terminated(world))
  expect(error).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', cause: { code: '57P01' } })
  expect(await world.runs()).toBe(1)
})

test('57P01: a read runs again on another connection', async () => {
  const world = await openFaultWorld()
  const result = await interrupted(world, { readOnly: true }, terminated(world))
  expect(result.rows).toEqual([{ run: '2', gate: true }])
})

test('57P01: a read that its caller wants to see fail is not tried again', async () => {
  const world = await openFaultWorld()
  const error = await interrupted(world, { readOnly: true, retry: false }, terminated(world))
  expect(error).toMatchObject({ code: '57P01', retry: 'safe' })
})

test('a row that breaks off is read again from the beginning', async () => {
  const world = await openFaultWorld()
  const when = { direction: 'answers', type: 'DataRow', nth: 3 } as const
  world.proxy.inject({ when, do: 'reset', at: 'inside' })
  const text = 'SELECT n FROM generate_series(1, 5) AS n'
  const { rows } = await world.pool.query({ text, readOnly: true })
  expect(rows.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5])
})

test('nothing is tried again after the deadline, nor for a caller who has left', async () => {
  const world = await openFaultWorld()
  world.proxy.inject({ when: { direction: 'answers', type: 'DataRow' }, do: 'half-open' })
  const late = world.pool.query({ text: "SELECT nextval('runs')", idempotent: true, timeout: 200 })
  await expect(late).rejects.toMatchObject({ code: 'HOLDFAST_QUERY_TIMEOUT' })
  expect(await world.runs()).toBe(1)
  world.proxy.heal()
  const controller = new AbortController()
  const fault = world.proxy.inject({ when: { direction: 'answers', type: 'DataRow' }, do: 'cut', times: 100 })
  const pool = world.openPool({ retry: { attempts: 100, budget: 1 } })
  const left = pool.query({ text: 'SELECT 1', readOnly: true, signal: controller.signal })
  await fault.struck
  controller.abort()
  await expect(left).rejects.toMatchObject({ retry: 'safe' })
  const { strikes } = fault
  await world
    .openPool({ retry: false })
    .query('SELECT 1')
    .catch(() => undefined)
  expect(fault.strikes).toBe(strikes + 1)
})

test('a statement with parameters that cannot be sent is not tried again', async () => {
  const world = await openFaultWorld()
  const circular: Record<string, unknown> = {}
  circular.self = circular
  await expect(world.pool.query('SELECT $1::json', [circular])).rejects.toThrow(/circular/)
})

test('a statement whose connection is lost before a byte of it was written was certainly not applied', async () => {
  const world = await openFaultWorld()
  const client = await world.pool.connect()
  const lost = byRule('reset')(world)
  // The second is written when the first is answered, which never happens.
  const told = Promise.allSettled([client.query(INSERT), client.query(INSERT)])
  await lost
  const [first, second] = (await told) as PromiseRejectedResult[]
  client.release()
  expect(first?.reason).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', retry: 'unknown' })
  expect(second?.reason).toMatchObject({ code: 'HOLDFAST_CONNECTION_LOST', retry: 'safe' })
  expect(await world.runs()).toBe(1)
})
