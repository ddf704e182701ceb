import { expect, test } from 'vitest'
import type { Change, Outcome, Read, Scope } from './events.js'
import { HistoryChecker } from './history-checker.js'
import type { Violation } from './violation.js'

/** What a write is, in the words of these tests: `at` is its beginning and its end. */
interface Write {
  readonly at: readonly [number, number]
  readonly changes?: readonly Change[]
  readonly outcome?: Outcome
  readonly undone?: readonly Change[]
  readonly cascades?: readonly string[]
  readonly scope?: Scope
}

const present = (register: string, version: number, group = ''): Change => ({ register, version, group })
const gone = (register: string, version: number): Change => ({ register, version, group: null })

function readOf(at: readonly [number, number], sight: Partial<Read>): Read {
  const [start, end] = at
  return { kind: 'read', process: 1, query: 'any', values: [], seen: {}, start, end, ...sight }
}

/** What a checker says of these writes and one read. */
function verdict(writes: readonly Write[], read: Read, bound = 0): Violation[] {
  const checker = new HistoryChecker({ bound, settle: 100, remember: 1000 })
  for (const [index, { at, changes = [], outcome = 'committed', scope = {}, ...rest }] of writes.entries()) {
    const [write, name, [start, end]] = [`w${index}`, `write ${index}`, at]
    checker.add('p', { kind: 'begin', write, process: 0, name, start, scope })
    checker.add('p', { kind: 'end', write, end, outcome, changes, ...rest })
  }
  checker.add('p', read)
  return checker.finish()
}

const FIRST: Write = { at: [0, 1], changes: [present('item:1', 10, 'owner:1')] }

test('a read that shows the latest acknowledged version is right', () => {
  const second: Write = { at: [2, 3], changes: [present('item:1', 11)] }
  expect(verdict([FIRST, second], readOf([4, 5], { seen: { 'item:1': 11 } }))).toEqual([])
})

test('a read that misses a write acknowledged before it began is stale, and the write is named', () => {
  const second: Write = { at: [2, 3], changes: [present('item:1', 11)] }
  const found = verdict([FIRST, second], readOf([4, 5], { seen: { 'item:1': 10 } }))
  expect(found).toMatchObject([
    { kind: 'stale', register: 'item:1', saw: 10, missed: [{ version: 11, by: { write: 'w1', end: 3 } }] },
  ])
})

test('a write that is acknowledged while the read runs may or may not show', () => {
  const second: Write = { at: [2, 6], changes: [present('item:1', 11)] }
  for (const version of [10, 11]) {
    expect(verdict([FIRST, second], readOf([4, 5], { seen: { 'item:1': version } }))).toEqual([])
  }
})

test('a version whose write begins after the read has ended cannot have been seen', () => {
  const second: Write = { at: [6, 7], changes: [present('item:1', 11)] }
  expect(verdict([FIRST, second], readOf([4, 5], { seen: { 'item:1': 11 } }))).toMatchObject([
    { kind: 'unwritten' },
  ])
})

test('acknowledgements in another order than the commits do not lower what a read has to show', () => {
  const writes: Write[] = [
    { at: [2, 4], changes: [present('item:1', 12)] },
    { at: [2, 5], changes: [present('item:1', 11)] },
  ]
  expect(verdict(writes, readOf([6, 7], { seen: { 'item:1': 12 } }))).toEqual([])
  expect(verdict(writes, readOf([6, 7], { seen: { 'item:1': 11 } }))).toMatchObject([{ kind: 'stale' }])
})

test.each<[string, Write, Read['seen']]>([
  ['rolled back', { at: [2, 3], changes: [present('item:1', 11)], outcome: 'aborted' }, { 'item:1': 11 }],
  [
    'taken back to a savepoint',
    { at: [2, 3], changes: [present('item:1', 12)], undone: [present('item:1', 11)] },
    { 'item:1': 11 },
  ],
])('a version that was %s may never show', (_, second, seen) => {
  expect(verdict([FIRST, second], readOf([4, 5], { seen }))).toMatchObject([{ kind: 'aborted', saw: 11 }])
})

test('a version that nobody wrote may never show', () => {
  expect(verdict([FIRST], readOf([4, 5], { seen: { 'item:1': 99 } }))).toMatchObject([{ kind: 'unwritten' }])
})

test('a row that was deleted may not show, and one that was inserted may not be missing', () => {
  const removed: Write = { at: [2, 3], changes: [gone('item:1', 11)] }
  expect(verdict([FIRST, removed], readOf([4, 5], { seen: { 'item:1': null } }))).toEqual([])
  expect(verdict([FIRST, removed], readOf([4, 5], { seen: { 'item:1': 10 } }))).toMatchObject([
    { kind: 'stale' },
  ])
  expect(verdict([FIRST], readOf([4, 5], { seen: { 'item:1': null } }))).toMatchObject([
    { kind: 'stale', saw: null },
  ])
  expect(verdict([], readOf([4, 5], { seen: { 'item:1': null } }))).toEqual([])
})

test('a row that moved is missing where it went to, and too much where it came from', () => {
  const moved: Write = { at: [2, 3], changes: [present('item:1', 11, 'owner:2')] }
  const inGroup = (group: string, seen: Read['seen']) =>
    verdict([FIRST, moved], readOf([4, 5], { seen, complete: { table: 'item', group } }))
  expect(inGroup('owner:2', { 'item:1': 11 })).toEqual([])
  expect(inGroup('owner:1', {})).toEqual([])
  expect(inGroup('owner:2', {})).toMatchObject([
    { kind: 'stale', register: 'item:1', missed: [{ version: 11 }] },
  ])
  expect(inGroup('owner:1', { 'item:1': 10 })).toMatchObject([{ kind: 'stale', register: 'item:1' }])
})

test('a read of a whole table shows every row that is there', () => {
  const complete = { table: 'item' }
  expect(verdict([FIRST], readOf([4, 5], { complete, seen: { 'item:1': 10 } }))).toEqual([])
  expect(verdict([FIRST], readOf([4, 5], { complete }))).toMatchObject([
    { kind: 'stale', register: 'item:1' },
  ])
})

test('members of a group that was deleted are gone with it, later members are not', () => {
  const member: Write = { at: [0, 1], changes: [present('part:1', 5, 'item:1')] }
  const death: Write = { at: [2, 3], cascades: ['item:1'] }
  const later: Write = { at: [4, 5], changes: [present('part:2', 9, 'item:1')] }
  const complete = { table: 'part', group: 'item:1' }
  const see = (seen: Read['seen']) => verdict([member, death, later], readOf([6, 7], { complete, seen }))
  expect(see({ 'part:2': 9 })).toEqual([])
  expect(see({ 'part:1': 5, 'part:2': 9 })).toMatchObject([{ kind: 'stale', register: 'part:1' }])
})

test('while a group is being deleted its members may or may not show', () => {
  const member: Write = { at: [0, 1], changes: [present('part:1', 5, 'item:1')] }
  const death: Write = { at: [2, 8], cascades: ['item:1'] }
  const complete = { table: 'part', group: 'item:1' }
  for (const seen of [{}, { 'part:1': 5 }]) {
    expect(verdict([member, death], readOf([6, 7], { complete, seen }))).toEqual([])
  }
})

test('a write of unknown outcome may show, now or later, and need not', () => {
  const unknown: Write = { at: [2, 3], outcome: 'unknown', changes: [present('item:1', 11)] }
  for (const version of [10, 11]) {
    expect(verdict([FIRST, unknown], readOf([4, 5], { seen: { 'item:1': version } }))).toEqual([])
  }
})

test('a write that nobody heard of any more may have given what it aimed at any later version, or removed it', () => {
  const lost: Write = { at: [2, 3], outcome: 'unknown', scope: { registers: ['item:1'] } }
  expect(verdict([FIRST, lost], readOf([4, 5], { seen: { 'item:1': 77 } }))).toEqual([])
  expect(verdict([FIRST, lost], readOf([4, 5], { seen: { 'item:1': null } }))).toEqual([])
  expect(verdict([FIRST, lost], readOf([4, 5], { seen: { 'item:1': 9 } }))).toMatchObject([{ saw: 9 }])
})

test('a lost write of a whole table explains new versions, and no row that is missing', () => {
  const lost: Write = { at: [2, 3], outcome: 'unknown', scope: { tables: ['item'] } }
  expect(verdict([FIRST, lost], readOf([4, 5], { seen: { 'item:1': 77 } }))).toEqual([])
  expect(verdict([FIRST, lost], readOf([4, 5], { seen: { 'item:1': null } }))).toMatchObject([
    { kind: 'stale' },
  ])
})

test('what is written after a lost write has settled counts again', () => {
  const lost: Write = { at: [2, 3], outcome: 'unknown', scope: { registers: ['item:1'] } }
  const later: Write = { at: [200, 201], changes: [present('item:1', 80)] }
  expect(verdict([FIRST, lost, later], readOf([202, 203], { seen: { 'item:1': null } }))).toHaveLength(1)
})

test('a sum is at least the sum of what was acknowledged', () => {
  const writes: Write[] = [FIRST, { at: [2, 3], changes: [present('item:2', 20)] }]
  expect(verdict(writes, readOf([4, 5], { sum: { table: 'item', total: 30 } }))).toEqual([])
  expect(verdict(writes, readOf([4, 5], { sum: { table: 'item', total: 29 } }))).toMatchObject([
    { kind: 'stale', register: 'item:sum' },
  ])
})

test('a transaction sees what it has written itself', () => {
  const own = { 'item:1': 33 }
  expect(verdict([FIRST], readOf([4, 5], { own, seen: { 'item:1': 33 } }))).toEqual([])
  expect(verdict([FIRST], readOf([4, 5], { own, seen: { 'item:1': 10 } }))).toMatchObject([{ kind: 'own' }])
})

test('a bounded read may miss what was acknowledged within the bound, and nothing older', () => {
  const second: Write = { at: [2, 3], changes: [present('item:1', 11)] }
  const read = (start: number) => readOf([start, start + 1], { seen: { 'item:1': 10 } })
  expect(verdict([FIRST, second], read(12), 10)).toEqual([])
  expect(verdict([FIRST, second], read(14), 10)).toMatchObject([{ kind: 'stale' }])
})
