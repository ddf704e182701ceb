import { fakeClock } from '@holdfast/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DeadlineWatch, type Expiring } from './deadline-watch.js'
import { LONGEST_TIMER_MS } from './duration.js'

/** An entry that notes in a log when it expired. */
function entry(deadline: number, log: (entry: Expiring) => void = () => {}): Expiring {
  const made: Expiring = { deadline, watchIndex: -1, expire: () => log(made) }
  return made
}

type Step = { watch: number } | { unwatch: number } | { turn: number }

const steps = fc.array(
  fc.oneof(
    fc.record({ watch: fc.integer({ min: 0, max: 60 }) }),
    fc.record({ unwatch: fc.nat() }),
    fc.record({ turn: fc.integer({ min: 0, max: 25 }) }),
  ),
  { maxLength: 60, size: 'max' },
)

/** Runs steps on a watch and on a plain list, and compares what has expired after each. */
async function compare(script: readonly Step[]): Promise<void> {
  const clock = fakeClock()
  const watch = new DeadlineWatch(clock)
  const expired = new Set<Expiring>()
  const all: Expiring[] = []
  const left = new Set<Expiring>()
  for (const step of script) {
    if ('watch' in step) {
      const made = entry(clock.now() + step.watch, ended => {
        expect(ended.deadline).toBeLessThanOrEqual(clock.now())
        expired.add(ended)
      })
      all.push(made)
      watch.watch(made)
    } else if ('unwatch' in step) {
      const chosen = all[step.unwatch % Math.max(1, all.length)]
      if (chosen === undefined) continue
      if (!expired.has(chosen)) left.add(chosen)
      watch.unwatch(chosen)
    } else await clock.advance(step.turn)
    // A timer takes at least a millisecond, so what is due right now may still be on its way.
    const overdue = all.filter(each => each.deadline < clock.now() && !left.has(each))
    expect(overdue.filter(each => !expired.has(each))).toEqual([])
    expect([...expired].filter(each => left.has(each))).toEqual([])
    expect(clock.pending).toBeLessThanOrEqual(1)
  }
}

describe('many deadlines', () => {
  test('end each on time and only once, with one timer, as a plain list would have it', () =>
    fc.assert(fc.asyncProperty(steps, compare), { seed: 1, numRuns: 120 }))

  test('need no timer when there is none', () => {
    const clock = fakeClock()
    const watch = new DeadlineWatch(clock)
    const endless = entry(Number.POSITIVE_INFINITY)
    watch.watch(endless)
    watch.unwatch(endless)
    expect(clock.pending).toBe(0)
  })

  test('may be taken back by one that ends', async () => {
    const clock = fakeClock()
    const watch = new DeadlineWatch(clock)
    const ended: string[] = []
    const second = entry(5, () => ended.push('second'))
    watch.watch(
      entry(5, () => {
        ended.push('first')
        watch.unwatch(second)
      }),
    )
    watch.watch(second)
    await clock.advance(10)
    expect(ended).toEqual(['first'])
  })

  test('may lie further away than a timer can hold', async () => {
    const clock = fakeClock()
    const watch = new DeadlineWatch(clock)
    const ended: number[] = []
    watch.watch(entry(LONGEST_TIMER_MS + 1_000, () => ended.push(clock.now())))
    await clock.advance(LONGEST_TIMER_MS)
    expect(ended).toEqual([])
    await clock.advance(1_000)
    expect(ended).toEqual([LONGEST_TIMER_MS + 1_000])
  })
})
