import fc from 'fast-check'
import { expect, test } from 'vitest'
import { busiestRows } from './busiest-rows.js'
import { checkRow, type QueryStatisticsRow } from './query-statistics-row.js'
import { type CountedStatement, OTHER, statementDifferences } from './statement-difference.js'

const bucketStart = new Date(0)

function counted(id: number, fingerprint: string, latencies: Record<number, number>): CountedStatement {
  const buckets = Object.entries(latencies).map(([millis, calls]) => ({ millis: Number(millis), calls }))
  const calls = buckets.reduce((sum, bucket) => sum + bucket.calls, 0)
  const totalMillis = buckets.reduce((sum, bucket) => sum + bucket.calls * bucket.millis, 0)
  const max = Math.max(0, ...buckets.map(({ millis }) => millis))
  return { id, fingerprint, calls, errors: 0, totalMillis, max, latencies: buckets }
}

const rowsBetween = (before: CountedStatement[], after: CountedStatement[], most = 100) =>
  busiestRows(statementDifferences(before, after), { bucketStart, most })

test('a statement that is met first counts from nothing, one that is known from what it had, one without calls not at all', () => {
  const before = [counted(1, 'a', { 1: 10 }), counted(2, 'b', { 1: 5 })]
  const after = [counted(1, 'a', { 1: 10, 8: 2 }), counted(2, 'b', { 1: 5 }), counted(3, 'c', { 4: 1 })]
  expect(rowsBetween(before, after)).toEqual([
    { bucketStart, fingerprint: 'a', calls: 2, errors: 0, summedTime: 16, p50: 8, p95: 8, p99: 8 },
    { bucketStart, fingerprint: 'c', calls: 1, errors: 0, summedTime: 4, p50: 4, p95: 4, p99: 4 },
  ])
})

test('percentiles are those of the stretch alone', () => {
  const before = [counted(1, 'a', { 1000: 500 })]
  const after = [counted(1, 'a', { 1: 90, 2: 8, 3: 2, 1000: 500 })]
  expect(rowsBetween(before, after)).toMatchObject([{ calls: 100, p50: 1, p95: 2, p99: 3 }])
})

test('what came of a statement between the last look and its being forgotten is told as other, and what came after its return as its own', () => {
  const before = [counted(1, 'a', { 1: 10 })]
  const after = [counted(7, 'a', { 1: 20 }), counted(0, OTHER, { 1: 13 })]
  expect(rowsBetween(before, after)).toMatchObject([
    { fingerprint: 'a', calls: 20 },
    { fingerprint: OTHER, calls: 3 },
  ])
})

test('forms of one statement are told together, also when one of them is forgotten', () => {
  const before = [counted(1, 'a', { 1: 10 }), counted(2, 'a', { 1: 100 })]
  const after = [counted(2, 'a', { 1: 120 }), counted(0, OTHER, { 1: 10 })]
  expect(rowsBetween(before, after)).toMatchObject([{ fingerprint: 'a', calls: 20 }])
})

test('the busiest have a row each, the rest share one with what was forgotten', () => {
  const after = Array.from({ length: 9 }, (_, index) => counted(index + 1, `s${index}`, { [index + 1]: 1 }))
  const rows = rowsBetween([], [...after, counted(0, OTHER, { 50: 3 })], 2)
  expect(rows.map(({ fingerprint, calls }) => [fingerprint, calls])).toEqual([
    ['s8', 1],
    ['s7', 1],
    [OTHER, 10],
  ])
  expect(rows[2]).toMatchObject({ p50: 5, p99: 50 })
})

/** A call: which form of a statement, how long, whether it failed. */
const call = fc.record({ form: fc.nat(7), millis: fc.integer({ min: 1, max: 50 }), failed: fc.boolean() })
/** What happens: a call, a statement is forgotten, or somebody looks. */
const event = fc.oneof({ weight: 8, arbitrary: call }, fc.record({ forget: fc.nat(7) }), fc.constant('look'))

/** Counts as the table of a pool does: two forms to a fingerprint, and what is forgotten goes to `other`. */
class Counting {
  #next = 1
  readonly #kept = new Map<number, CountedStatement>()
  #others = counted(0, OTHER, {})

  call({ form, millis, failed }: { form: number; millis: number; failed: boolean }): void {
    const known = this.#kept.get(form) ?? counted(this.#next++, `f${form >> 1}`, {})
    const one = { ...counted(known.id, known.fingerprint, { [millis]: 1 }), errors: Number(failed) }
    this.#kept.set(form, sum(known, one))
  }

  forget(form: number): void {
    const gone = this.#kept.get(form)
    if (gone !== undefined) this.#others = sum(this.#others, gone)
    this.#kept.delete(form)
  }

  look(): CountedStatement[] {
    return this.#others.calls === 0 ? [...this.#kept.values()] : [...this.#kept.values(), this.#others]
  }
}

function sum(a: CountedStatement, b: CountedStatement): CountedStatement {
  const latencies = new Map(a.latencies.map(({ millis, calls }) => [millis, calls]))
  for (const { millis, calls } of b.latencies) latencies.set(millis, (latencies.get(millis) ?? 0) + calls)
  const all = counted(a.id, a.fingerprint, Object.fromEntries(latencies))
  return { ...all, errors: a.errors + b.errors }
}

test('whatever is forgotten and comes back, the rows of all stretches add up to all that was counted, and each can be kept', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (events, most) => {
      const counting = new Counting()
      const rows: QueryStatisticsRow[] = []
      let before: CountedStatement[] = []
      for (const each of [...events, 'look'] as const) {
        if (each === 'look') {
          const after = counting.look()
          rows.push(...rowsBetween(before, after, most))
          before = after
        } else if ('forget' in each) counting.forget(each.forget)
        else counting.call(each)
      }
      rows.forEach((row, index) => {
        checkRow(row, `rows[${index}]`)
      })
      const calls = events.flatMap(each => (each !== 'look' && 'form' in each ? [each] : []))
      const total = (name: 'calls' | 'errors' | 'summedTime') => rows.reduce((all, row) => all + row[name], 0)
      expect(total('calls')).toBe(calls.length)
      expect(total('errors')).toBe(calls.filter(({ failed }) => failed).length)
      expect(total('summedTime')).toBeCloseTo(calls.reduce((all, { millis }) => all + millis, 0))
    }),
  )
})

test('a sum of times that is less than before by a rounding makes a row that can be kept', () => {
  const [few, more] = [counted(1, 'a', { 1: 1 }), counted(1, 'a', { 1: 2 })]
  const rows = rowsBetween([{ ...few, totalMillis: 0.3 }], [{ ...more, totalMillis: 0.2999 }])
  expect(rows).toMatchObject([{ calls: 1, summedTime: 0 }])
})
