import { type FaultRule, faultPlan, seededRandom, startPostgres } from '@holdfast/testkit'
import type { PoolOptions } from 'holdfast'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { type FaultWorld, openFaultWorld } from './fault-world.js'
import { LEDGER, Requests } from './ledger.js'

const CALLERS = 4
const REQUESTS = 300
const OPTIONS: PoolOptions = { max: 3, retry: { attempts: 3, budget: 1 }, connectionTimeoutMillis: 60_000 }

async function openLedger(options: PoolOptions = {}): Promise<FaultWorld> {
  const world = await openFaultWorld({ ...OPTIONS, ...options })
  await world.outside.query(LEDGER)
  // A server that was never reached is not waited for.
  await world.pool.query('SELECT 1')
  return world
}

/** Callers make so many requests while the faults strike, all of them armed from the beginning. */
async function underFaults(world: FaultWorld, requests: Requests, rules: readonly FaultRule[]) {
  const faults = rules.map(rule => world.proxy.inject(rule))
  const callers = Array.from({ length: CALLERS }, () => requests.makeUntil(() => requests.count >= REQUESTS))
  await Promise.all(callers)
  world.proxy.heal()
  return faults.filter(({ strikes }) => strikes > 0).length
}

test.each([
  ['a plain pool', {}],
  ['a pool with a cache', { cache: { tables: { ledger: '1m' } } }],
] as [string, PoolOptions][])(
  'with connections cut at random messages, %s applies nothing twice and tells the truth',
  async (_, options) => {
    const random = seededRandom()
    const plan = faultPlan({ protocol: 'postgres', faults: 40, seed: random.seed, within: 100 })
    const world = await openLedger(options)
    const requests = new Requests(world.pool, random)
    const struck = await underFaults(world, requests, plan.rules)
    expect(await requests.violations(world.outside), String(plan)).toEqual([])
    expect(struck).toBeGreaterThan(20)
  },
  120_000,
)

/** A fault that leaves a commit without an answer, each time. */
const UNANSWERED: FaultRule = {
  when: { direction: 'answers', type: 'ReadyForQuery', statement: 'INSERT' },
  do: 'cut',
}

test('the check finds it out when writes in flight are repeated', async () => {
  const world = await openLedger()
  const random = seededRandom()
  const requests = new Requests(world.pool, random, { idempotent: true })
  await underFaults(world, requests, [{ ...UNANSWERED, times: 20 }])
  const twice = expect.stringMatching(/applied [2-9] times/)
  expect(await requests.violations(world.outside), `seed ${random.seed}`).toContainEqual(twice)
})

test('the outcome of a transaction is found out each time that its COMMIT gets no answer', async () => {
  const world = await openLedger()
  const random = seededRandom()
  const requests = new Requests(world.pool, random)
  const rules = [5, 15, 25, 35, 45, 55, 65, 75].map((nth, index): FaultRule => {
    const when = { direction: 'requests', type: 'Query', text: 'COMMIT', nth } as const
    return { when, do: 'reset', at: index % 2 === 0 ? 'after' : 'before' }
  })
  expect(await underFaults(world, requests, rules)).toBe(rules.length)
  expect(await requests.violations(world.outside), `seed ${random.seed}`).toEqual([])
  expect(await requests.undecided(), `seed ${random.seed}`).toEqual({ undecided: 8, resolved: 8 })
})

test('a server that is killed and recovers has lost nothing acknowledged and applied nothing twice', async () => {
  const server = await startPostgres({ settings: { synchronous_commit: 'on' } })
  onTestFinished(() => server[Symbol.asyncDispose]())
  const world = await openFaultWorld(OPTIONS, server.url)
  await world.outside.query(LEDGER)
  const random = seededRandom()
  const requests = new Requests(world.pool, random)
  let isOver = false
  const callers = Array.from({ length: CALLERS }, () => requests.makeUntil(() => isOver))
  for (let kill = 1; kill <= 3; kill++) {
    const enough = requests.count + 50
    await expect.poll(() => requests.count, { interval: 5, timeout: 30_000 }).toBeGreaterThan(enough)
    await server.kill()
    await server.start()
  }
  isOver = true
  await Promise.all(callers)
  const outside = new pg.Client({ connectionString: server.url })
  await outside.connect()
  onTestFinished(() => outside.end())
  expect(await requests.violations(outside), `seed ${random.seed}`).toEqual([])
}, 120_000)
