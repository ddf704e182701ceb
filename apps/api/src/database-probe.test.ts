import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { databaseProbe, type Sight } from './database-probe.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A pool whose looks end when the test says so. */
function poolWith({ open }: { open: number }) {
  const looks: ((sight: Sight) => void)[] = []
  const health = () => new Promise<Sight>(resolve => looks.push(resolve))
  return { looks, health, stats: () => ({ totalCount: open, connectingCount: 0 }) }
}

/** What a promise has come to by now; `undefined` while it has not. */
async function settled<T>(promise: Promise<T>): Promise<T | undefined> {
  await vi.advanceTimersByTimeAsync(0)
  return Promise.race([promise, Promise.resolve(undefined)])
}

const HEALTHY = { healthy: true, latencyMs: 3 }
const AWAY = { healthy: false, latencyMs: null, error: new Error('away') }

test('who asks at the same time shares one look', async () => {
  const pool = poolWith({ open: 1 })
  const probe = databaseProbe(pool)
  const answers = [probe(10_000), probe(10_000)]
  expect(pool.looks).toHaveLength(1)
  pool.looks[0]?.(HEALTHY)
  expect(await Promise.all(answers)).toEqual([HEALTHY, HEALTHY])
})

test.each([
  ['without a connection it waits for one to be opened', 0, 5_000],
  ['with one open it does not wait so long', 1, 2_000],
])('%s', async (_, open, millis) => {
  const probe = databaseProbe(poolWith({ open }))
  const answer = probe(10_000)
  await vi.advanceTimersByTimeAsync(millis - 1)
  expect(await settled(answer)).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect(await answer).toMatchObject({ healthy: false, latencyMs: null, error: expect.any(Error) })
})

test('it waits no longer than who asks', async () => {
  const answer = databaseProbe(poolWith({ open: 0 }))(300)
  await vi.advanceTimersByTimeAsync(300)
  expect(await settled(answer)).toMatchObject({ healthy: false })
})

test('while a look has taken too long already, the next one is told at once', async () => {
  const pool = poolWith({ open: 1 })
  const probe = databaseProbe(pool)
  void probe(10_000)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await settled(probe(10_000))).toMatchObject({ healthy: false })
  expect(pool.looks).toHaveLength(1)
})

test('after a failure the next look is not waited for long, and the failure is repeated', async () => {
  const pool = poolWith({ open: 0 })
  const probe = databaseProbe(pool)
  void probe(10_000)
  pool.looks[0]?.(AWAY)
  await settled(Promise.resolve())
  const answer = probe(10_000)
  await vi.advanceTimersByTimeAsync(500)
  expect(await settled(answer)).toEqual(AWAY)
})

test('a failure of long ago says nothing any more', async () => {
  const pool = poolWith({ open: 1 })
  const probe = databaseProbe(pool)
  void probe(10_000)
  pool.looks[0]?.(AWAY)
  await vi.advanceTimersByTimeAsync(60_000)
  const answer = probe(10_000)
  await vi.advanceTimersByTimeAsync(1_999)
  expect(await settled(answer)).toBeUndefined()
  await vi.advanceTimersByTimeAsync(1)
  expect((await answer).error).not.toBe(AWAY.error)
})

test('a database that is back is seen by the look in progress', async () => {
  const pool = poolWith({ open: 1 })
  const probe = databaseProbe(pool)
  void probe(10_000)
  await vi.advanceTimersByTimeAsync(2_000)
  pool.looks[0]?.(HEALTHY)
  await settled(Promise.resolve())
  const answer = probe(10_000)
  pool.looks[1]?.(HEALTHY)
  expect(await answer).toEqual(HEALTHY)
})
