import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PRIORITIES, type Priority } from '../base/priority.js'
import { Waiter } from './waiter.js'
import { WaitingLine } from './waiting-line.js'

const TURN = 4
const LOWEST = PRIORITIES.length - 1
const ROOM = {
  left: () => {},
  timeoutError: () => new Error('timeout'),
  abortError: () => new Error('abort'),
}

/** A line and those whom it turned away, on a clock turned by hand. */
function lineOf(given: { target?: number; growing?: boolean } = {}) {
  const shed: Waiter[] = []
  const line = new WaitingLine({
    target: given.target,
    interval: 100,
    turn: TURN,
    isGrowing: () => given.growing ?? false,
    shed: waiter => shed.push(waiter),
  })
  const join = (since: number, priority?: Priority, deadline = since + 1_000) => {
    const limits = { since, deadline, signal: undefined, priority }
    const waiter = new Waiter(ROOM, { serve: () => {}, refuse: () => {} }, limits)
    line.add(waiter)
    return waiter
  }
  return { line, shed, join }
}

/** Twice as many callers come as are served, until the line says that it is too much. Returns when that was. */
function overload({ line, join }: ReturnType<typeof lineOf>): number {
  for (let now = 0; now < 5_000; now += 5) {
    join(now)
    join(now)
    line.take(now, LOWEST)
    if (line.overloaded) return now
  }
  throw new Error('it never was')
}

/** Overload, and nobody is left of those who came before it was recognised. */
function settled(given: ReturnType<typeof lineOf>): number {
  const now = overload(given)
  while (given.line.take(now, LOWEST));
  return now
}

describe('a line of waiting callers', () => {
  test('serves the more important first and equals in the order of their coming', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...PRIORITIES)), priorities => {
        const { line, join } = lineOf()
        const waiters = priorities.map(priority => join(0, priority))
        const expected = PRIORITIES.flatMap((_, rank) => waiters.filter(waiter => waiter.rank === rank))
        expect(waiters.map(() => line.take(0, LOWEST))).toEqual(expected)
        expect(line.size).toBe(0)
      }),
      { seed: 34 },
    ))

  test('serves nobody below a rank', () => {
    const { line, join } = lineOf()
    join(0, 'normal')
    const critical = join(0, 'critical')
    expect(line.has(0)).toBe(true)
    expect(line.take(0, 0)).toBe(critical)
    expect(line.has(0)).toBe(false)
    expect(line.take(0, 0)).toBeUndefined()
    expect(line.has(-1)).toBe(false)
    expect(line.size).toBe(1)
  })

  test('turns nobody away for a burst that drains, however long the last one waits', () => {
    const { line, shed, join } = lineOf()
    const waiters = Array.from({ length: 190 }, () => join(0))
    const served = waiters.map((_, i) => line.take(i * 5, LOWEST))
    expect(served).toEqual(waiters)
    expect(shed).toEqual([])
  })

  test('turns nobody away while no more wait than are served in one turn', () => {
    const { line, shed, join } = lineOf()
    for (let now = 0; now < 5_000; now += 10) {
      while (line.size < TURN) join(now - 900, undefined, now + 100)
      line.take(now, LOWEST)
    }
    expect(line.overloaded).toBe(false)
    expect(shed).toEqual([])
  })

  test('turns nobody away while more connections are on their way', () => {
    const given = lineOf({ growing: true })
    expect(() => overload(given)).toThrow('it never was')
    expect(given.shed).toEqual([])
  })

  test('is overloaded when waits take half of the time of the callers and do not get shorter', () => {
    const given = lineOf()
    expect(overload(given)).toBeGreaterThanOrEqual(500)
    const early = lineOf({ target: 20 })
    expect(overload(early)).toBeLessThan(200)
  })

  test('is overloaded as soon as the last will wait for half of its time, though nobody has', () => {
    const given = lineOf()
    expect(overload(given)).toBeLessThan(700)
    // Every one of those who came before can still be served in time.
    expect(given.shed.length).toBeLessThanOrEqual(2)
  })

  test('when overloaded serves who came before that, first come, first served, and tells newcomers at once', () => {
    const given = lineOf()
    const now = overload(given)
    const before = [...given.line]
    expect(before.length).toBeGreaterThan(10 * TURN)
    given.shed.length = 0
    const newcomers = Array.from({ length: 20 }, (_, i) => {
      const newcomer = given.join(now + 1 + i)
      given.line.relieve(now + 1 + i)
      return newcomer
    })
    expect(given.shed).toEqual(newcomers)
    const critical = given.join(now + 30, 'critical')
    given.line.relieve(now + 30)
    expect(given.line.take(now + 30, LOWEST)).toBe(critical)
    expect(before.map(() => given.line.take(now + 30, LOWEST))).toEqual(before)
  })

  test('when overloaded tells those at the end who would be served too late', () => {
    const given = lineOf()
    for (let now = 0; !given.line.overloaded; now += 5) {
      for (let i = 0; i < 20; i++) given.join(now)
      given.line.take(now, LOWEST)
    }
    const first = given.shed[0]?.since as number
    expect(given.shed.length).toBeGreaterThan(0)
    expect([...given.line].every(({ since }) => since <= first)).toBe(true)
    expect(given.line.drainTime).toBeLessThan(750)
  })

  test('while overloaded serves the newest first and turns away those that waited longest', () => {
    const given = lineOf()
    const now = settled(given)
    const [first, ...others] = Array.from({ length: TURN + 1 }, () => given.join(now))
    given.line.relieve(now)
    expect(given.shed.at(-1)).toBe(first)
    for (const newest of others.reverse()) expect(given.line.take(now, LOWEST)).toBe(newest)
  })

  test('while overloaded turns away background first and critical last', () => {
    const given = lineOf()
    const now = settled(given)
    for (let i = 0; i < TURN; i++) given.join(now)
    const background = given.join(now, 'background')
    given.line.relieve(now)
    expect(given.shed.at(-1)).toBe(background)
    const critical = Array.from({ length: TURN }, () => given.join(now, 'critical'))
    given.line.relieve(now)
    expect([...given.line]).toEqual(critical)
    given.join(now, 'critical')
    given.line.relieve(now)
    expect(given.shed.at(-1)).toBe(critical[0])
  })

  test('is calm again when nobody had to be turned away for a while, and then first come, first served', () => {
    const given = lineOf()
    let now = settled(given)
    for (let i = 0; i < 300; i++) {
      now += 5
      given.join(now)
      given.line.take(now, LOWEST)
    }
    expect(given.line.overloaded).toBe(false)
    while (given.line.take(now, LOWEST));
    const first = given.join(now)
    given.join(now)
    expect(given.line.take(now, LOWEST)).toBe(first)
  })

  test('does not take the wait during an outage for overload', () => {
    const { line, shed, join } = lineOf({ target: 200 })
    for (let i = 0; i < 100; i++) join(0)
    line.becameAvailable(900)
    for (let now = 900; now < 1_300; now += 2) {
      join(now)
      line.take(now, LOWEST)
    }
    expect(line.overloaded).toBe(false)
    expect(shed).toEqual([])
  })

  test('knows when the turn of a newcomer would be over: behind all of its rank and above', () => {
    const { line, join } = lineOf()
    for (let i = 0; i < 60; i++) join(0, i % 3 === 0 ? 'critical' : 'normal')
    expect(line.expectedTime(1)).toBe(0)
    for (let i = 1; i <= 20; i++) line.take(i * 10, LOWEST)
    expect(line.expectedTime(0)).toBe(10 * TURN)
    expect(line.expectedTime(1)).toBe(10 * (40 + TURN))
    expect(line.drainTime).toBe(400)
    // What was counted before an outage says nothing about what comes after it.
    line.becameAvailable(5_000)
    expect(line.expectedTime(1)).toBe(0)
  })

  test('makes room for a more important newcomer alone', () => {
    const { line, shed, join } = lineOf()
    const normal = join(0, 'normal')
    const background = join(0, 'background')
    expect(line.makeRoom(1, 0)).toBe(true)
    expect(shed).toEqual([background])
    expect(line.makeRoom(1, 0)).toBe(false)
    expect(line.makeRoom(0, 0)).toBe(true)
    expect(shed).toEqual([background, normal])
    expect(line.size).toBe(0)
  })
})
