import type { QueryObservers } from '../base/query-observers.js'
import type { StatisticsSettings } from '../base/statistics-options.js'
import { type CategoryOf, type QueryCounts, StatementCounters } from './statement-counters.js'
import {
  type StatementReader,
  type StatementStats,
  type StatementsOptions,
  statementStats,
} from './statement-stats.js'
import { StatementTable } from './statement-table.js'

/** What the monitoring of a pool is made of. */
export interface PoolMonitorParts {
  readonly observers: QueryObservers
  readonly settings: { readonly statistics: StatisticsSettings | undefined }
  readonly categoryOf: CategoryOf
  /** Loads PostgreSQL's parser: only who asks for statements pays for it. */
  readonly loadReader: () => Promise<StatementReader>
}

/** Watches the queries of a pool. */
export class PoolMonitor {
  readonly #parts: PoolMonitorParts
  readonly #table: StatementTable | undefined

  constructor(parts: PoolMonitorParts) {
    const { observers, settings, categoryOf } = parts
    this.#parts = parts
    const { statistics } = settings
    this.#table = statistics && new StatementTable(statistics.statements, categoryOf)
    if (this.#table !== undefined) observers.add(this.#table)
  }

  /** Of all queries; zeros while statistics are off. */
  totals(): QueryCounts {
    return this.#table?.totals() ?? NOTHING
  }

  /** See `Pool.statements`. */
  async statements(options: StatementsOptions): Promise<StatementStats[]> {
    if (this.#table === undefined) return []
    return statementStats(this.#table, await this.#parts.loadReader(), options)
  }
}

const NOTHING: QueryCounts = new StatementCounters().snapshot()
