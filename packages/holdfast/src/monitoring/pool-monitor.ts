import type { Clock } from '../base/clock.js'
import type { PoolNumbers } from '../base/errors.js'
import { OptionsError } from '../base/errors.js'
import type { PoolSettings } from '../base/options.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { Logger, Warn } from '../base/warning.js'
import { maskPlan } from './plan-text.js'
import { PoolReporter } from './pool-reporter.js'
import type { PoolStats } from './pool-stats.js'
import { SlowQueryLog } from './slow-query-log.js'
import { type CategoryOf, type QueryCounts, StatementCounters } from './statement-counters.js'
import {
  exampleOf,
  type StatementReader,
  type StatementStats,
  type StatementsOptions,
  statementStats,
} from './statement-stats.js'
import { StatementTable } from './statement-table.js'
import { UtilizationWatch } from './utilization-watch.js'

/** What the monitoring of a pool is made of. */
export interface PoolMonitorParts {
  readonly observers: QueryObservers
  readonly settings: Pick<
    PoolSettings,
    'name' | 'statistics' | 'slowQuery' | 'utilizationAlert' | 'reportEvery'
  >
  readonly clock: Clock
  readonly logger: Logger | undefined
  readonly warn: Warn
  readonly stats: () => PoolStats
  readonly categoryOf: CategoryOf
  /** Loads PostgreSQL's parser: only who asks for statements pays for it. */
  readonly loadReader: () => Promise<StatementReader>
  /** Asks PostgreSQL for the plan of a text, without running it. */
  readonly explain: (text: string) => Promise<string>
}

/** Watches a pool: its queries, and how busy it is. */
export class PoolMonitor {
  readonly #parts: PoolMonitorParts
  readonly #table: StatementTable | undefined
  readonly #utilization: UtilizationWatch | undefined
  readonly #reporter: PoolReporter | undefined

  constructor(parts: PoolMonitorParts) {
    const { observers, settings, categoryOf, warn } = parts
    const { statistics, utilizationAlert } = settings
    this.#parts = parts
    this.#table = statistics && new StatementTable(statistics.statements, categoryOf)
    if (this.#table !== undefined) observers.add(this.#table)
    this.#watchSlowQueries()
    this.#utilization = utilizationAlert && new UtilizationWatch(utilizationAlert, warn)
    this.#reporter = this.#makeReporter()
  }

  /** Of all queries; zeros while statistics are off. */
  totals(): QueryCounts {
    return this.#table?.all.snapshot() ?? NOTHING
  }

  /** See `Pool.statements`. */
  async statements(options: StatementsOptions): Promise<StatementStats[]> {
    if (this.#table === undefined) return []
    return statementStats(this.#table, await this.#parts.loadReader(), options)
  }

  /** See `Pool.plan`. */
  async plan(fingerprint: string): Promise<string> {
    const reader = await this.#parts.loadReader()
    const example = this.#table && exampleOf(this.#table, reader, fingerprint)
    if (example === undefined) {
      throw new OptionsError('fingerprint', 'one that pool.statements() tells', 'another one')
    }
    return maskPlan(await this.#parts.explain(example))
  }

  /** The pool was looked at. */
  look(numbers: PoolNumbers, now: number): void {
    this.#utilization?.look(numbers, now)
  }

  /** Begins to report, if it is to report at all. */
  start(): void {
    this.#reporter?.start()
  }

  stop(): void {
    this.#reporter?.stop()
  }

  #watchSlowQueries(): void {
    const { settings, observers, logger, loadReader, explain } = this.#parts
    if (settings.slowQuery === undefined) return
    const table = this.#table
    const log = new SlowQueryLog({
      settings: settings.slowQuery,
      name: settings.name,
      ...{ logger, loadReader, explain },
      statementOf: table && (event => table.of(event)),
      time: Date.now,
    })
    // Whoever wants to know nothing of it pays nothing for it.
    if (table !== undefined || logger !== undefined) observers.add(log)
  }

  #makeReporter(): PoolReporter | undefined {
    const { settings, logger, clock, stats, loadReader } = this.#parts
    const [table, every] = [this.#table, settings.reportEvery]
    if (table === undefined || logger === undefined || every === 0) return undefined
    return new PoolReporter({ every, clock, logger, table, stats, loadReader })
  }
}

const NOTHING: QueryCounts = new StatementCounters().snapshot()
