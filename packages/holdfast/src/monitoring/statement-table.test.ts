import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hitEvent } from '../base/query-event.js'
import { StatementTable } from './statement-table.js'

const step = fc.record({
  text: fc.integer({ min: 0, max: 6 }).map(n => `SELECT * FROM t${n}`),
  rows: fc.nat(3),
  millis: fc.constantFrom(0, 0, 0, 2),
  isEvent: fc.boolean(),
  looks: fc.boolean(),
})

/** Calls and rows of all statements, those forgotten included. */
function sumOf({ statements, others }: StatementTable) {
  const counters = [...[...statements].map(({ counters }) => counters), others]
  return counters.reduce(
    (sum, { calls, cacheHits, rows }) => ({
      calls: sum.calls + calls,
      cacheHits: sum.cacheHits + cacheHits,
      rows: sum.rows + rows,
    }),
    { calls: 0, cacheHits: 0, rows: 0 },
  )
}

test('every hit counts once, for its statement and for all, whenever somebody looks and whatever is forgotten', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const table = new StatementTable(3, () => undefined)
      let [calls, rows] = [0, 0]
      for (const each of steps) {
        if (each.isEvent) table.ended(hitEvent(each.text, each.rows, each.millis))
        else table.hit(each.text, each.rows, each.millis)
        calls++
        rows += each.rows
        if (each.looks) expect(table.all).toMatchObject({ calls, cacheHits: calls, rows })
        if (each.looks) expect(sumOf(table)).toEqual({ calls, cacheHits: calls, rows })
      }
      expect(sumOf(table)).toEqual({ calls, cacheHits: calls, rows })
      expect(table.all.latencies().reduce((sum, bucket) => sum + bucket.calls, 0)).toBe(calls)
    }),
  )
})

test('hits of one statement are told from those of the next', () => {
  const table = new StatementTable(10, () => undefined)
  for (const text of ['SELECT 1 FROM a', 'SELECT 1 FROM a', 'SELECT 1 FROM b', 'SELECT 1 FROM a'])
    table.hit(text, 1, 0)
  expect([...table.statements].map(({ counters }) => counters.calls)).toEqual([3, 1])
})
