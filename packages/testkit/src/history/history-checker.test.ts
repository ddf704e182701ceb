import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Begin, End, HistoryEvent, Read } from './events.js'
import { HistoryChecker } from './history-checker.js'

/** A write of version `version` to the one register of these tests. */
function writeOf(write: string, version: number, [start, end]: readonly [number, number]): [Begin, End] {
  const changes = [{ register: 'item:1', version, group: '' }]
  return [
    { kind: 'begin', write, process: 0, name: 'update', start, scope: {} },
    { kind: 'end', write, end, outcome: 'committed', changes },
  ]
}

function readOf(version: number, [start, end]: readonly [number, number]): Read {
  return { kind: 'read', process: 1, query: 'any', values: [], seen: { 'item:1': version }, start, end }
}

function tell(checker: HistoryChecker, source: string, events: readonly HistoryEvent[]): void {
  for (const event of events) checker.add(source, event)
}

/** Two sources, a writer and a reader, of which nothing is known yet. */
function checkerOfTwo(): HistoryChecker {
  const checker = new HistoryChecker({ remember: 1000 })
  checker.open('writer', 0)
  checker.open('reader', 0)
  return checker
}

test('no read is judged before everything that ended before it is known', () => {
  const checker = checkerOfTwo()
  tell(checker, 'writer', writeOf('a', 1, [1, 2]))
  tell(checker, 'reader', [readOf(1, [5, 6]), { kind: 'mark', time: 10 }])
  expect([checker.settle(), checker.reads]).toEqual([[], 0])
  // The writer had acknowledged another version before the read began; word of it comes late.
  tell(checker, 'writer', [...writeOf('b', 2, [3, 4]), { kind: 'mark', time: 10 }])
  expect(checker.settle()).toMatchObject([{ kind: 'stale', saw: 1 }])
})

test('a read is not condemned while a write that may explain it has not ended', () => {
  const checker = checkerOfTwo()
  const [begin, end] = writeOf('a', 1, [1, 20])
  tell(checker, 'writer', [begin, { kind: 'mark', time: 10 }])
  tell(checker, 'reader', [readOf(1, [5, 6]), { kind: 'mark', time: 10 }])
  expect(checker.settle()).toEqual([])
  tell(checker, 'writer', [end, { kind: 'mark', time: 21 }])
  expect([checker.settle(), checker.finish()]).toEqual([[], []])
})

test('a read that saw what was rolled back later is condemned when that is known', () => {
  const checker = checkerOfTwo()
  const [begin, end] = writeOf('a', 1, [1, 20])
  tell(checker, 'writer', [begin, { kind: 'mark', time: 10 }])
  tell(checker, 'reader', [readOf(1, [5, 6]), { kind: 'mark', time: 30 }])
  expect(checker.settle()).toEqual([])
  tell(checker, 'writer', [
    { ...end, outcome: 'aborted' },
    { kind: 'mark', time: 30 },
  ])
  expect(checker.settle()).toMatchObject([{ kind: 'aborted' }])
})

test('the open writes of a source that has ended count as writes of unknown outcome', () => {
  const checker = checkerOfTwo()
  tell(checker, 'writer', [{ ...writeOf('a', 1, [1, 2])[0], scope: { registers: ['item:1'] } }])
  checker.close('writer', 3)
  tell(checker, 'reader', [readOf(1, [5, 6]), { kind: 'mark', time: 10 }])
  expect(checker.settle()).toEqual([])
  expect(checker.writes.unknown).toBe(1)
})

test('an end without a beginning is a mistake of the recording', () => {
  const checker = checkerOfTwo()
  expect(() => checker.add('writer', writeOf('a', 1, [1, 2])[1])).toThrow('not its beginning')
})

test('a read of what was replaced long ago is still a violation when its version is forgotten', () => {
  const checker = checkerOfTwo()
  for (let time = 1; time < 20_000; time += 500) {
    tell(checker, 'writer', [
      ...writeOf(`w${time}`, time, [time, time + 1]),
      { kind: 'mark', time: time + 2 },
    ])
    tell(checker, 'reader', [{ kind: 'mark', time: time + 2 }])
    expect(checker.settle()).toEqual([])
  }
  tell(checker, 'reader', [readOf(1, [20_001, 20_002])])
  expect(checker.finish()).toHaveLength(1)
})

/** A register as a real database would keep it: each write takes effect at one instant between its ends. */
const histories = fc.record({
  writes: fc.array(
    fc.record({ before: fc.nat(20), after: fc.nat(20), gap: fc.integer({ min: 1, max: 10 }) }),
    {
      maxLength: 30,
    },
  ),
  reads: fc.array(fc.record({ at: fc.nat(400), before: fc.nat(20), after: fc.nat(20) }), { maxLength: 30 }),
  lateBy: fc.nat(60),
})

/** When the n-th write takes effect; versions count from 1. */
function effects(writes: readonly { gap: number }[]): number[] {
  let time = 30
  return writes.map(({ gap }) => {
    time += gap
    return time
  })
}

/** What a history does to a checker, each read showing what was there `lateBy` before its own instant. */
function check({
  writes,
  reads,
  lateBy,
}: typeof histories extends fc.Arbitrary<infer T> ? T : never): number {
  const instants = effects(writes)
  const checker = checkerOfTwo()
  for (const [index, { before, after }] of writes.entries()) {
    const at = instants[index] as number
    tell(checker, 'writer', writeOf(`w${index}`, index + 1, [at - before, at + after + 0.5]))
  }
  for (const { at, before, after } of reads) {
    const version = instants.filter(instant => instant <= at - lateBy).length
    const seen = { 'item:1': version === 0 ? null : version }
    checker.add('reader', { ...readOf(version, [at - before - 0.25, at + after + 0.25]), seen })
  }
  return checker.finish().length
}

test('no history of a register that works is condemned', () => {
  fc.assert(fc.property(histories, history => check({ ...history, lateBy: 0 }) === 0))
})

test('a read that shows the past is condemned if and only if it missed an acknowledged write', () => {
  fc.assert(
    fc.property(histories, history => {
      const instants = effects(history.writes)
      const stale = history.reads.filter(({ at, before }) => {
        const shown = instants.filter(instant => instant <= at - history.lateBy).length
        const start = at - before - 0.25
        return history.writes.some(
          ({ after }, index) => index + 1 > shown && (instants[index] as number) + after + 0.5 < start,
        )
      })
      expect(check(history)).toBe(stale.length)
    }),
  )
})
