import type { QueryEvent } from '../../base/query-event.js'
import { BucketHistogram } from './bucket-histogram.js'
import { errorType, OTHER_ERROR } from './error-type.js'
import type { MetricPoint } from './metric-family.js'

/** Operations that are counted together. */
export class OperationSeries {
  /** Absent: they succeeded. */
  readonly errorType: string | undefined
  readonly cache: QueryEvent['cache']
  readonly histogram = new BucketHistogram()

  constructor(errorType: string | undefined, cache: QueryEvent['cache']) {
    this.errorType = errorType
    this.cache = cache
  }
}

/** A function in the database may raise whatever code it likes: beyond so many, errors are not told apart. */
const MOST_ERROR_TYPES = 100

/** Durations of logical queries, by what became of them. */
export class OperationDurations {
  readonly #fine = new Map<QueryEvent['cache'], OperationSeries>()
  readonly #failed = new Map<string, OperationSeries>()

  /** The series that a query counts in. */
  of({ error, cache }: Pick<QueryEvent, 'error' | 'cache'>): OperationSeries {
    return error === undefined ? this.#fineSeries(cache) : this.#failedSeries(error)
  }

  points(): MetricPoint[] {
    return [...this.#fine.values(), ...this.#failed.values()].map(({ errorType, cache, histogram }) => ({
      labels: [errorType, cache],
      value: histogram.snapshot(),
    }))
  }

  #fineSeries(cache: QueryEvent['cache']): OperationSeries {
    const known = this.#fine.get(cache)
    if (known !== undefined) return known
    const series = new OperationSeries(undefined, cache)
    this.#fine.set(cache, series)
    return series
  }

  #failedSeries(error: Error): OperationSeries {
    const given = errorType(error)
    const isNew = !this.#failed.has(given)
    const type = isNew && this.#failed.size >= MOST_ERROR_TYPES ? OTHER_ERROR : given
    const series = this.#failed.get(type) ?? new OperationSeries(type, undefined)
    this.#failed.set(type, series)
    return series
  }
}
