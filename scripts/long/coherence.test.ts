import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { State, Violation } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { FaultPlan } from './coherence/fault-plan.mjs'
import { isBent } from './coherence/tally.mjs'

const COMMAND = fileURLToPath(new URL('coherence.mjs', import.meta.url))

test.each([
  [['--subject', 'others'], '--subject is one of holdfast, naive, none'],
  [['--faults', 'flood'], 'No such fault: flood'],
  [['--minutes', 'some'], '--minutes is a number above 0, given "some"'],
  [['--processes', '1.5'], '--processes is a whole number, given "1.5"'],
])('%j is refused with what was expected, and nothing runs', (args, problem) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(problem)
  expect(stderr).toContain('npm run check:coherence')
})

/** A stale read at this instant that missed a write of process 1 between 10 and 20 ms, while process 1 was cut off. */
function bendsAt(start: number, fault: object = {}, more: Partial<Violation> = {}): boolean {
  const plan = Object.assign(Object.create(FaultPlan.prototype), {
    happened: [{ name: 'redis-isolate', redis: 'one', target: 1, from: 5, to: 1_000, ...fault }],
  })
  const read = {
    kind: 'read',
    process: 2,
    query: 'any',
    values: [],
    seen: {},
    start,
    end: start + 1,
  } as const
  const violation: Violation = {
    kind: 'stale',
    register: 'item:1',
    saw: 6,
    missed: [missedWrite(1, '')],
    read,
    ...more,
  }
  return isBent(violation, plan)
}

function missedWrite(process: number, group: string): State {
  return { version: 7, group, by: { write: 'w', process, name: 'update', start: 10, end: 20 } }
}

test('a stale read bends the guarantee only while, and just after, the writer was cut off from Redis', () => {
  expect([bendsAt(30), bendsAt(2_900), bendsAt(3_100)]).toEqual([true, true, false])
})

test.each([
  ['another process was cut off', { target: 2 }],
  ['the writer was cut off after its write', { from: 30 }],
  ['the fault took Redis from nobody', { redis: 'none' }],
])('it breaks the guarantee when %s', (_, fault) => {
  expect(bendsAt(40, fault)).toBe(false)
})

test('a fault that takes Redis from everybody excuses every writer', () => {
  expect(bendsAt(30, { redis: 'all', target: 0 })).toBe(true)
})

test('a later write by somebody who could tell is no excuse, unless the row had left what was read', () => {
  const values = [1]
  const read = { kind: 'read', process: 2, query: 'any', values, seen: {}, start: 30, end: 31 } as const
  const missed = [missedWrite(1, 'owner:2'), missedWrite(0, 'owner:3')]
  expect(bendsAt(30, {}, { missed, read })).toBe(false)
  const ofGroup = (group: string) =>
    bendsAt(30, {}, { missed, read: { ...read, complete: { table: 'item', group } } })
  expect([ofGroup('owner:1'), ofGroup('owner:2'), ofGroup('owner:3')]).toEqual([true, false, false])
})
