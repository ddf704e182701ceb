import type { ErrorCategory } from '../base/errors.js'
import type { QueryEvent } from '../base/query-event.js'
import { type LatencyBucket, LatencyHistogram, type LatencySummary } from './latency-histogram.js'

/** What was counted of some queries. Percentiles in milliseconds, off by at most a sixteenth. */
export interface QueryCounts extends LatencySummary {
  readonly calls: number
  readonly errors: number
  readonly errorsByCategory: Readonly<Partial<Record<ErrorCategory, number>>>
  /** Returned or affected. */
  readonly rows: number
  /** Calls answered from the cache, stale ones included. */
  readonly cacheHits: number
  /** Milliseconds of all calls together, waiting included. */
  readonly totalMillis: number
  /** Of these, spent waiting for a connection. */
  readonly waitMillis: number
}

/** Tells what kind of failure an error is. */
export type CategoryOf = (error: unknown) => ErrorCategory | undefined

/** Counts queries: of one statement, or of all. */
export class StatementCounters {
  calls = 0
  errors = 0
  rows = 0
  cacheHits = 0
  totalMillis = 0
  waitMillis = 0
  #histogram = new LatencyHistogram()
  /** Made by the first error: most statements have none. */
  #byCategory: Map<ErrorCategory, number> | undefined

  note(event: QueryEvent, categoryOf: CategoryOf): void {
    const millis = event.endedAt - event.startedAt
    this.calls++
    this.rows += event.rows
    this.totalMillis += millis
    this.waitMillis += event.waitMillis
    if (event.cache === 'hit' || event.cache === 'stale') this.cacheHits++
    if (event.error !== undefined) this.#failed(categoryOf(event.error) ?? 'internal', 1)
    this.#histogram.observe(millis)
  }

  /** A hit in memory; most take no time. */
  noteHit(rows: number, millis: number): void {
    this.calls++
    this.cacheHits++
    this.rows += rows
    if (millis === 0) return this.#histogram.observeNothing()
    this.totalMillis += millis
    this.#histogram.observe(millis)
  }

  merge(other: StatementCounters): void {
    this.calls += other.calls
    this.rows += other.rows
    this.cacheHits += other.cacheHits
    this.totalMillis += other.totalMillis
    this.waitMillis += other.waitMillis
    for (const [category, count] of other.#byCategory ?? []) this.#failed(category, count)
    this.#histogram.merge(other.#histogram)
  }

  copy(): StatementCounters {
    const copy = new StatementCounters()
    copy.merge(this)
    return copy
  }

  /** What was counted since an earlier copy. */
  since(earlier: StatementCounters): QueryCounts {
    const difference = new StatementCounters()
    difference.calls = this.calls - earlier.calls
    difference.rows = this.rows - earlier.rows
    difference.cacheHits = this.cacheHits - earlier.cacheHits
    difference.totalMillis = this.totalMillis - earlier.totalMillis
    difference.waitMillis = this.waitMillis - earlier.waitMillis
    for (const [category, count] of this.#byCategory ?? []) {
      const more = count - (earlier.#byCategory?.get(category) ?? 0)
      if (more > 0) difference.#failed(category, more)
    }
    difference.#histogram = this.#histogram.since(earlier.#histogram)
    return difference.snapshot()
  }

  snapshot(): QueryCounts {
    return {
      calls: this.calls,
      errors: this.errors,
      errorsByCategory: Object.fromEntries(this.#byCategory ?? []),
      rows: this.rows,
      cacheHits: this.cacheHits,
      totalMillis: this.totalMillis,
      waitMillis: this.waitMillis,
      ...this.#histogram.summary(),
    }
  }

  /** How many calls took how long. */
  latencies(): LatencyBucket[] {
    return this.#histogram.buckets()
  }

  #failed(category: ErrorCategory, count: number): void {
    this.errors += count
    this.#byCategory ??= new Map()
    this.#byCategory.set(category, (this.#byCategory.get(category) ?? 0) + count)
  }
}
