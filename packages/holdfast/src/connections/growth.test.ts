import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { connectionsToOpen, type Demand, MOST_CONNECTING, movingAverage } from './growth.js'

const count = fc.integer({ min: 0, max: 200 })
const millis = fc.double({ min: 0, max: 5_000, noNaN: true })
const demands: fc.Arbitrary<Demand> = fc
  .record({
    waiting: count,
    preparing: count,
    connecting: fc.integer({ min: 0, max: MOST_CONNECTING }),
    active: count,
    room: fc.integer({ min: -5, max: 200 }),
    useTime: millis,
    connectTime: millis,
    longestWait: millis,
    pressure: millis,
  })
  .map(({ preparing, ...demand }) => ({ ...demand, coming: preparing + demand.connecting }))

const always = (check: (demand: Demand, open: number) => void, seed: number) =>
  fc.assert(
    fc.property(demands, demand => check(demand, connectionsToOpen(demand))),
    { seed, numRuns: 1_000 },
  )

const calm: Demand = {
  waiting: 0,
  coming: 0,
  connecting: 0,
  active: 5,
  room: 45,
  useTime: 1,
  connectTime: 10,
  longestWait: 0,
  pressure: 0,
}

describe('growth', () => {
  test('opens a whole number, never more than there is room for', () =>
    always((demand, open) => {
      expect(Number.isInteger(open)).toBe(true)
      expect(open).toBeGreaterThanOrEqual(0)
      expect(open).toBeLessThanOrEqual(Math.max(0, demand.room))
    }, 11))

  test('never has more connects in flight than a server forks gladly', () =>
    always((demand, open) => {
      expect(open + demand.connecting).toBeLessThanOrEqual(MOST_CONNECTING)
    }, 12))

  test('opens nothing for callers whose connection is already on its way', () =>
    always((demand, open) => {
      expect(open).toBeLessThanOrEqual(Math.max(0, demand.waiting - demand.coming))
    }, 13))

  test('never leaves a caller waiting when nobody can give a connection back', () =>
    always(demand => {
      const stuck = { ...demand, active: 0, coming: 0, connecting: 0, waiting: demand.waiting + 1 }
      if (stuck.room > 0) expect(connectionsToOpen(stuck)).toBeGreaterThan(0)
    }, 14))

  test('is patient while the connections in use serve everybody sooner than a connect would', () => {
    expect(connectionsToOpen({ ...calm, waiting: 50 })).toBe(0)
    expect(connectionsToOpen({ ...calm, waiting: 51 })).toBe(1)
    expect(connectionsToOpen({ ...calm, waiting: 50, useTime: 100 })).toBe(MOST_CONNECTING)
  })

  test('loses its patience when the oldest caller has waited longer than a connect takes', () => {
    expect(connectionsToOpen({ ...calm, waiting: 5, longestWait: 10 })).toBe(0)
    expect(connectionsToOpen({ ...calm, waiting: 5, longestWait: 10.1 })).toBe(5)
  })

  test('grows one at a time under a load that does not end', () => {
    const sustained = { ...calm, waiting: 50, pressure: 21 }
    expect(connectionsToOpen(sustained)).toBe(1)
    expect(connectionsToOpen({ ...sustained, connecting: 1, coming: 1 })).toBe(0)
    expect(connectionsToOpen({ ...sustained, pressure: 20 })).toBe(0)
  })
})

describe('a moving average', () => {
  test('starts with the first sample and stays between the samples', () => {
    const samples = fc.array(fc.double({ min: 0.1, max: 1_000, noNaN: true }), { minLength: 1 })
    fc.assert(
      fc.property(samples, given => {
        const average = given.reduce(movingAverage, 0)
        expect(average).toBeGreaterThanOrEqual(Math.min(...given) - 1e-9)
        expect(average).toBeLessThanOrEqual(Math.max(...given) + 1e-9)
      }),
      { seed: 15 },
    )
    expect(movingAverage(0, 80)).toBe(80)
    expect(movingAverage(80, 160)).toBe(90)
  })
})
