import { expect, test } from 'vitest'
import { PrimaryLog } from './primary-log.js'

const at = (lsn: number, timeline = 1) => ({ timeline, lsn: BigInt(lsn) })

test('a replica is behind since the first thing that it has not seen', () => {
  const log = new PrimaryLog()
  log.note(at(100), 1_000)
  log.note(at(200), 2_000)
  log.note(at(300), 3_000)
  expect(log.lagOf(at(300), 10_000)).toBe(0)
  expect(log.lagOf(at(250), 10_000)).toBe(7_000)
  expect(log.lagOf(at(50), 10_000)).toBe(9_000)
})

test('where nothing is written nobody falls behind', () => {
  const log = new PrimaryLog()
  expect(log.lagOf(at(1), 0)).toBe(0)
  for (let now = 0; now < 100_000; now += 1_000) log.note(at(100), now)
  expect(log.lagOf(at(100), 100_000)).toBe(0)
  expect(log.lagOf(at(99), 100_000)).toBe(100_000)
})

test('who follows an older timeline than the one that is written is behind without end', () => {
  const log = new PrimaryLog()
  log.note(at(1_000, 1), 0)
  log.note(at(500, 2), 1_000)
  expect(log.timeline).toBe(2)
  expect(log.lagOf(at(1_000, 1), 2_000)).toBe(Number.POSITIVE_INFINITY)
  expect(log.lagOf(at(500, 2), 2_000)).toBe(0)
})

test('what is remembered is bounded', () => {
  const log = new PrimaryLog()
  for (let i = 1; i <= 10_000; i++) log.note(at(i), i)
  expect(log.lagOf(at(0), 10_000)).toBe(599)
})
