import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CALM, type LoadEvent, type LoadState, stepLoad } from './codel.js'

const INTERVAL = 100
const EVENTS: readonly LoadEvent[] = ['late', 'late', 'late', 'prompt', 'shed', 'empty']

interface Moment {
  readonly event: LoadEvent
  readonly now: number
  readonly waiting: number
}

/** The states after each event. */
function run(moments: readonly Moment[], from: LoadState = CALM): LoadState[] {
  let state = from
  return moments.map(({ event, now, waiting }) => {
    state = stepLoad(state, event, { now, waiting, interval: INTERVAL })
    return state
  })
}

/** The same event again and again, every 10 ms, with a queue that changes by so many each time. */
function many(event: LoadEvent, count: number, growth = 0): Moment[] {
  return Array.from({ length: count }, (_, i) => ({ event, now: i * 10, waiting: 1_000 + i * growth }))
}

const OVERLOADED = run(many('late', 12)).at(-1) as LoadState

const moments = fc
  .array(
    fc.record({
      event: fc.constantFrom(...EVENTS),
      after: fc.integer({ min: 0, max: 80 }),
      waiting: fc.integer({ min: 0, max: 50 }),
    }),
    { maxLength: 80, size: 'max' },
  )
  .map(steps => {
    let now = 0
    return steps.map(({ event, after, waiting }): Moment => {
      now += after
      return { event, now, waiting }
    })
  })

describe('the load of a queue', () => {
  test('is no overload while even one wait of an interval is short', () => {
    const almost = many('late', 10)
    expect(run(almost).at(-1)?.load).toBe('rising')
    const relief: Moment = { event: 'prompt', now: 100, waiting: 1_000 }
    expect(run([...almost, relief]).at(-1)).toBe(CALM)
  })

  test('is an overload when every wait of an interval is long and the queue does not shrink', () => {
    expect(run(many('late', 12)).map(({ load }) => load)).toEqual([
      ...Array(10).fill('rising'),
      'overloaded',
      'overloaded',
    ])
  })

  test('is never an overload while the queue shrinks: a burst that drains, however long that takes', () => {
    const loads = run(many('late', 1_000, -1)).map(({ load }) => load)
    expect(new Set(loads)).toEqual(new Set(['rising']))
  })

  test('stays an overload as long as somebody has to be turned away, and ends ten intervals after', () => {
    const busy = run(many('shed', 1_000), OVERLOADED)
    expect(new Set(busy.map(({ load }) => load))).toEqual(new Set(['overloaded']))
    const last = busy.at(-1) as LoadState
    for (const event of ['prompt', 'empty', 'late'] as const) {
      const soon = { event, now: last.since + 10 * INTERVAL - 1, waiting: 0 }
      expect(run([soon], last)).toEqual([last])
      expect(run([{ ...soon, now: soon.now + 1 }], last)).toEqual([CALM])
    }
  })

  test('keeps to the model, whatever happens when', () => {
    fc.assert(
      fc.property(moments, given => {
        const states = run(given)
        let longSince: number | undefined
        let lastShed = 0
        for (const [index, { event, now }] of given.entries()) {
          const before = states[index - 1] ?? CALM
          const { load } = states[index] as LoadState
          if (before.load !== 'overloaded') {
            if (event === 'late') longSince ??= now
            else if (event !== 'shed') longSince = undefined
            if (load === 'overloaded') {
              expect(now - (longSince as number)).toBeGreaterThanOrEqual(INTERVAL)
              lastShed = now
            }
          } else {
            if (event === 'shed') lastShed = now
            const isOver = event !== 'shed' && now - lastShed >= 10 * INTERVAL
            expect(load).toBe(isOver ? 'calm' : 'overloaded')
            longSince = undefined
          }
        }
      }),
      { seed: 31, numRuns: 500 },
    )
  })
})
