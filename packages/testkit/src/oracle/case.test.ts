import { expect, test } from 'vitest'
import { makeCase, type Tapes } from './case.js'
import { Draw } from './draw.js'

const NUMBERS = Array.from({ length: 200 }, (_, index) => (index * 7_919) % 65_536)
const TAPES: Tapes = {
  tables: [NUMBERS, NUMBERS.slice(7)],
  rows: [NUMBERS],
  programs: [NUMBERS, NUMBERS.slice(3)],
  queries: [NUMBERS, NUMBERS.slice(11)],
  writes: [NUMBERS, NUMBERS.slice(13)],
}

test('the same tapes make the same case', () => {
  expect(makeCase(TAPES, 180_000)).toEqual(makeCase(TAPES, 180_000))
})

test('empty tapes make the simplest case there is', () => {
  const tapes: Tapes = { tables: [[]], rows: [], programs: [], queries: [[]], writes: [[]] }
  const { definitions, queries, writes } = makeCase(tapes, 180_000)
  expect(definitions.at(-1)).toMatch(/^CREATE TABLE t0 \(id int4, a int4, PRIMARY KEY \(id\)\)$/)
  expect(queries[0]?.text).toMatch(/^SELECT z1\.id AS c0 FROM t0 z1 WHERE z1\.id = /)
  expect(writes).toMatchObject([{ way: 'alone', undone: false }])
})

test('each number decides one thing, and past its end a tape holds zeros', () => {
  const draw = new Draw([5])
  expect([draw.int(3), draw.int(3), draw.chance(99), draw.pick(['simple', 'other'])]).toEqual([
    2,
    0,
    false,
    'simple',
  ])
})
