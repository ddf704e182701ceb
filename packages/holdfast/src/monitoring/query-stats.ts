import type { Clock } from '../base/clock.js'
import type { Execute, Interceptor } from '../base/execute.js'

/** Counters since the pool was made, of what `pool.query()` asked the database. */
export interface QueryMetrics {
  readonly totalQueries: number
  /** Milliseconds from call to result, waiting for a connection included; 0 before the first query. */
  readonly avgDuration: number
  /** Queries that took longer than the threshold of 1 s. */
  readonly slowQueries: number
  readonly failedQueries: number
}

const SLOW_MS = 1_000

/** Counts queries and their time. */
export class QueryStats {
  readonly #clock: Clock
  #total = 0
  #failed = 0
  #slow = 0
  #millis = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The interceptor that counts; it also gives an error the stack of the caller instead of the socket's. */
  readonly count: Interceptor = (next: Execute) => request =>
    next(request).then(
      result => {
        this.#add(request.startedAt)
        return result
      },
      error => {
        this.#failed++
        this.#add(request.startedAt)
        if (error instanceof Error) Error.captureStackTrace(error)
        throw error
      },
    )

  snapshot(): QueryMetrics {
    return {
      totalQueries: this.#total,
      avgDuration: this.#total === 0 ? 0 : this.#millis / this.#total,
      slowQueries: this.#slow,
      failedQueries: this.#failed,
    }
  }

  #add(startedAt: number): void {
    const millis = this.#clock.now() - startedAt
    this.#total++
    this.#millis += millis
    if (millis > SLOW_MS) this.#slow++
  }
}
