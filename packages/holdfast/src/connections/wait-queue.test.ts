import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Queued, WaitQueue } from './wait-queue.js'

class Entry implements Queued {
  previous: this | undefined = undefined
  next: this | undefined = undefined
  queued = false
  readonly name: number

  constructor(name: number) {
    this.name = name
  }
}

/** A number adds an entry; a pair removes one of those that were ever there. */
const steps = fc.array(fc.oneof(fc.constant('add' as const), fc.record({ remove: fc.nat() })), {
  maxLength: 60,
  size: 'max',
})

describe('the queue', () => {
  test('behaves as an array, whoever leaves and from wherever', () => {
    fc.assert(
      fc.property(steps, script => {
        const queue = new WaitQueue<Entry>()
        const everyone: Entry[] = []
        let model: Entry[] = []
        for (const step of script) {
          if (step === 'add') {
            const entry = new Entry(everyone.length)
            everyone.push(entry)
            model.push(entry)
            queue.add(entry)
          } else {
            const leaving = everyone[step.remove % Math.max(1, everyone.length)]
            if (leaving === undefined) continue
            model = model.filter(entry => entry !== leaving)
            queue.remove(leaving)
          }
          expect([...queue].map(({ name }) => name)).toEqual(model.map(({ name }) => name))
          expect(queue.size).toBe(model.length)
          expect(queue.oldest).toBe(model[0])
        }
      }),
      { seed: 16, numRuns: 150 },
    )
  })

  test('can be emptied while it is walked through', () => {
    const queue = new WaitQueue<Entry>()
    for (const name of [1, 2, 3]) queue.add(new Entry(name))
    const seen: number[] = []
    for (const entry of queue) {
      seen.push(entry.name)
      queue.remove(entry)
    }
    expect(seen).toEqual([1, 2, 3])
    expect(queue.size).toBe(0)
  })

  test('keeps no hold of who has left', () => {
    const queue = new WaitQueue<Entry>()
    const [first, second, third] = [new Entry(1), new Entry(2), new Entry(3)]
    for (const entry of [first, second, third]) queue.add(entry)
    queue.remove(second)
    expect(second).toMatchObject({ previous: undefined, next: undefined, queued: false })
    expect(first.next).toBe(third)
    expect(third.previous).toBe(first)
  })
})
