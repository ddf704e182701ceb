import { seededRandom } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import type { Priority } from '../base/priority.js'
import { Waiter } from './waiter.js'
import { WaitingLine } from './waiting-line.js'

/** Connections, and the milliseconds that each call takes: 2,000 calls a second. */
const CONNECTIONS = 10
const SERVICE_MS = 5
const CAPACITY = CONNECTIONS / SERVICE_MS
const LOWEST = 2

/** How one call ended. Times in milliseconds. */
interface Ended {
  readonly came: number
  readonly waited: number
  readonly priority: Priority
  readonly how: 'served' | 'late' | 'shed' | 'hopeless'
}

/** A load: calls for each that could be served, of which so many in a hundred are critical. */
interface Load {
  readonly factor: number
  readonly percentCritical?: number
  readonly millis: number
  readonly deadline: number
  readonly target?: number
  readonly seed: number
}

/** A database behind a line, on a clock that jumps from event to event. */
class Simulation {
  readonly ended: Ended[] = []
  readonly #load: Load
  readonly #random: () => number
  readonly #line: WaitingLine
  readonly #priorities = new Map<Waiter, Priority>()
  /** When each call that runs is done, in order. */
  readonly #running: number[] = []
  #now = 0

  constructor(load: Load) {
    this.#load = load
    this.#random = seededRandom(load.seed).next
    this.#line = new WaitingLine({
      target: load.target,
      interval: 100,
      turn: CONNECTIONS,
      isGrowing: () => false,
      shed: waiter => this.#end(waiter, 'shed'),
    })
  }

  run(): Ended[] {
    const { factor, millis } = this.#load
    let next = 0
    while (this.#now < millis) {
      const done = this.#running[0] ?? Number.POSITIVE_INFINITY
      this.#now = Math.min(done, next)
      this.#expire()
      if (done <= next) this.#release()
      else {
        this.#arrive()
        next += -Math.log(1 - this.#random()) / (factor * CAPACITY)
      }
    }
    return this.ended
  }

  #arrive(): void {
    const isCritical = this.#random() * 100 < (this.#load.percentCritical ?? 0)
    const priority = isCritical ? 'critical' : 'normal'
    const limits = {
      since: this.#now,
      deadline: this.#now + this.#load.deadline,
      signal: undefined,
      priority,
    }
    const room = { left: () => {}, timeoutError: () => new Error(), abortError: () => new Error() }
    const waiter = new Waiter(room, { serve: () => {}, refuse: () => {} }, { ...limits, priority })
    this.#priorities.set(waiter, priority)
    if (this.#running.length < CONNECTIONS && this.#line.size === 0) return this.#serve(waiter)
    if (this.#line.expectedTime(waiter.rank) > this.#load.deadline) {
      this.#line.turnedAway(this.#now)
      return this.#end(waiter, 'hopeless')
    }
    this.#line.add(waiter)
    this.#line.relieve(this.#now)
  }

  #release(): void {
    this.#running.shift()
    const waiter = this.#line.take(this.#now, LOWEST)
    if (waiter !== undefined) this.#serve(waiter)
  }

  #serve(waiter: Waiter): void {
    this.#running.push(this.#now + SERVICE_MS)
    this.#end(waiter, this.#now + SERVICE_MS <= waiter.deadline ? 'served' : 'late')
  }

  #expire(): void {
    for (const waiter of this.#line) {
      // First come, first: the others have more time left.
      if (waiter.deadline > this.#now) return
      this.#line.remove(waiter)
      this.#end(waiter, 'late')
    }
  }

  #end(waiter: Waiter, how: Ended['how']): void {
    const priority = this.#priorities.get(waiter) as Priority
    this.#priorities.delete(waiter)
    this.ended.push({ came: waiter.since, waited: this.#now - waiter.since, priority, how })
  }
}

const simulate = (load: Load) => new Simulation(load).run()
const SEEDS = [1, 2, 3, 4, 5]
const quantile = (values: number[], part: number) =>
  values.sort((a, b) => a - b)[Math.ceil(values.length * part) - 1] as number
const waits = (ended: Ended[]) => ended.map(({ waited }) => waited)

describe('three times as many calls as can be served', () => {
  test.each(SEEDS)('leave nothing of the capacity unused, by default and with a target (seed %i)', seed => {
    for (const target of [undefined, 50]) {
      const ended = simulate({ factor: 3, millis: 6_000, deadline: 1_000, seed, ...(target && { target }) })
      const served = ended.filter(({ how }) => how === 'served').length
      expect(served / (6_000 * CAPACITY)).toBeGreaterThan(0.97)
      expect(ended.filter(({ how }) => how === 'late')).toEqual([])
    }
  })

  test.each(SEEDS)('are told within a few turns that they are turned away (seed %i)', seed => {
    const load = { factor: 3, millis: 6_000, deadline: 1_000, target: 50, seed }
    const steady = simulate(load).filter(({ came }) => came > 300)
    const shed = steady.filter(({ how }) => how === 'shed')
    expect(shed.length).toBeGreaterThan(10_000)
    expect(quantile(waits(shed), 0.99)).toBeLessThan(20)
    const served = steady.filter(({ how }) => how === 'served')
    expect(quantile(waits(served), 0.99)).toBeLessThan(20)
  })

  test.each([
    [1.5, undefined, 25],
    [1.5, 50, 25],
    [3, undefined, 20],
    [3, 50, 20],
    [10, undefined, 300],
    [10, 50, 300],
  ])(
    'or %f times as many, with the target %s, from the first moment on: told within %i ms, and nobody too late',
    (factor, target, bound) => {
      for (const seed of SEEDS.slice(0, factor > 3 ? 1 : 2)) {
        const load = { factor, millis: 2_000, deadline: 1_000, percentCritical: 2, seed }
        const ended = simulate({ ...load, ...(target && { target }) })
        const told = ended.filter(({ how }) => how === 'shed' || how === 'hopeless')
        expect(quantile(waits(told), 0.99)).toBeLessThan(bound)
        expect(ended.filter(({ how }) => how === 'late')).toEqual([])
        const served = ended.filter(({ how }) => how === 'served')
        expect(served.length / (2_000 * CAPACITY)).toBeGreaterThan(0.97)
        const critical = served.filter(({ priority }) => priority === 'critical')
        expect(quantile(waits(critical), 0.99)).toBeLessThan(SERVICE_MS)
      }
    },
  )

  test.each(SEEDS)('cost a critical call less than what a call takes (seed %i)', seed => {
    const load = { factor: 3, millis: 6_000, deadline: 1_000, percentCritical: 2, seed }
    const critical = simulate(load).filter(({ priority }) => priority === 'critical')
    expect(critical.filter(({ how }) => how !== 'served')).toEqual([])
    expect(quantile(waits(critical), 0.5)).toBeLessThan(SERVICE_MS / 2)
    expect(quantile(waits(critical), 0.99)).toBeLessThan(SERVICE_MS)
  })
})

describe('a load that can be served', () => {
  test.each(SEEDS)('loses no call, however it varies (seed %i)', seed => {
    for (const factor of [0.5, 0.9, 0.97]) {
      const ended = simulate({ factor, millis: 10_000, deadline: 1_000, seed })
      expect(ended.filter(({ how }) => how !== 'served')).toEqual([])
    }
  })
})
