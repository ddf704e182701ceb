import type { Pool } from 'holdfast'
import type { QueryRunner } from '../database/database.js'
import { checkWhole } from '../input/amounts.js'
import { checkText } from '../input/text.js'
import { busiestRows } from './busiest-rows.js'
import { MAX_STATISTICS_ROWS, recordQueryStatistics } from './record-query-statistics.js'
import { type CountedStatement, statementDifferences } from './statement-difference.js'

/** What a {@link QueryStatisticsRecorder} is told. */
export interface RecorderOptions {
  /** Whose statements are kept. */
  readonly pool: Pick<Pool, 'statementSnapshots'>
  /** What writes them; with row-level security an identity's, `pool.as(APP_SERVICE)`. If it is the same pool, it counts that too. */
  readonly into: QueryRunner
  /** Who counted, at most 128 characters; no two at the same time may be the same, or they overwrite each other's rows. */
  readonly source: string
  /** How many statements get a row of their own each time, 1 to 9,999; the rest share one, `other`. Default: 100. */
  readonly most?: number
  /** Milliseconds since 1970. Default: the clock of the process. */
  readonly now?: () => number
}

const MOST = 100

/**
 * Keeps what a pool has counted, stretch by stretch: each call of {@link record} writes what came since the one before. The first
 * stretch begins when the pool was made, whose counters begin with it.
 */
export class QueryStatisticsRecorder {
  readonly #options: Required<RecorderOptions>
  #before: readonly CountedStatement[] = []
  #start: number
  #last: Promise<unknown> = Promise.resolve()

  /** @throws DigisInputError for an impossible source or number of statements */
  constructor({ most = MOST, now = Date.now, source, ...options }: RecorderOptions) {
    const rows = checkWhole('most', most, { least: 1, most: MAX_STATISTICS_ROWS - 1 })
    this.#options = { ...options, source: checkText('source', source, 128), most: rows, now }
    this.#start = now()
  }

  /**
   * Writes what was counted since it was last written, after any call that is still going on; where that is nothing, nobody is asked.
   * What could not be written is kept: the next stretch begins where this one did.
   *
   * @returns how many rows were written
   * @throws as {@link recordQueryStatistics}, and the database's error
   */
  record(): Promise<number> {
    const recorded = this.#last.then(() => this.#record())
    this.#last = recorded.catch(() => undefined)
    return recorded
  }

  async #record(): Promise<number> {
    const { pool, into, source, most, now } = this.#options
    const counted = await pool.statementSnapshots()
    // A clock that was put back must not make two stretches begin at once.
    const end = Math.max(now(), this.#start + 1)
    const bucketStart = new Date(this.#start)
    const rows = busiestRows(statementDifferences(this.#before, counted), { bucketStart, most })
    const written = await recordQueryStatistics(into, rows, { source })
    this.#before = counted
    this.#start = end
    return written
  }
}
