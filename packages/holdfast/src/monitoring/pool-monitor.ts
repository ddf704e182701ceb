import type { Clock } from '../base/clock.js'
import { describeGiven } from '../base/duration.js'
import type { PoolNumbers } from '../base/errors.js'
import { OptionsError } from '../base/errors.js'
import type { PoolSettings } from '../base/options.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { TelemetrySettings } from '../base/telemetry-options.js'
import type { Logger, Warn } from '../base/warning.js'
import { PoolMetrics } from './metrics/pool-metrics.js'
import { METRICS_CONTENT_TYPE, type MetricsFormat, prometheusText } from './metrics/prometheus-text.js'
import type { MetricsSnapshot } from './metrics/snapshot-values.js'
import type { PoolIdentity } from './otel/span-attributes.js'
import { startTelemetry } from './otel/telemetry.js'
import { maskPlan } from './plan-text.js'
import { PoolReporter } from './pool-reporter.js'
import { SlowQueryLog } from './slow-query-log.js'
import { type CategoryOf, type QueryCounts, StatementCounters } from './statement-counters.js'
import {
  exampleOf,
  type StatementReader,
  type StatementSnapshot,
  type StatementStats,
  type StatementsOptions,
  statementSnapshots,
  statementStats,
} from './statement-stats.js'
import { StatementTable } from './statement-table.js'
import { UtilizationWatch } from './utilization-watch.js'

/** What the monitoring of a pool is made of. */
export interface PoolMonitorParts {
  readonly observers: QueryObservers
  readonly settings: Pick<
    PoolSettings,
    'name' | 'minIdle' | 'statistics' | 'slowQuery' | 'utilizationAlert' | 'reportEvery' | 'telemetry'
  >
  /** Where the pool connects to. */
  readonly target: Omit<PoolIdentity, 'name'>
  readonly clock: Clock
  readonly logger: Logger | undefined
  readonly warn: Warn
  /** The pool at this moment. */
  readonly snapshot: () => MetricsSnapshot
  readonly categoryOf: CategoryOf
  /** Loads PostgreSQL's parser: only who asks for statements pays for it. */
  readonly loadReader: () => Promise<StatementReader>
  /** Asks PostgreSQL for the plan of a text, without running it. */
  readonly explain: (text: string) => Promise<string>
}

/** How the metrics of a pool are written. */
export interface MetricsOptions {
  /** `prometheus` is the text format 0.0.4. Default: `prometheus`. */
  readonly format?: MetricsFormat
}

/** Watches a pool: its queries, and how busy it is. */
export class PoolMonitor {
  readonly #parts: PoolMonitorParts
  readonly #table: StatementTable | undefined
  /** Absent while nobody wants to know how long anything takes. */
  readonly metrics: PoolMetrics | undefined
  readonly #utilization: UtilizationWatch | undefined
  readonly #reporter: PoolReporter | undefined
  #stopTelemetry: (() => void) | undefined

  constructor(parts: PoolMonitorParts) {
    const { observers, settings, categoryOf, warn } = parts
    const { statistics, telemetry, utilizationAlert } = settings
    this.#parts = parts
    this.#table = statistics && new StatementTable(statistics.statements, categoryOf)
    if (this.#table !== undefined) observers.add(this.#table)
    if ((statistics ?? telemetry) !== undefined) this.metrics = new PoolMetrics(settings.minIdle)
    if (this.metrics !== undefined) observers.add(this.metrics)
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

  /** See `Pool.statementSnapshots`. */
  async statementSnapshots(): Promise<StatementSnapshot[]> {
    if (this.#table === undefined) return []
    return statementSnapshots(this.#table, await this.#parts.loadReader())
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

  /** See `Pool.metrics`. @throws OptionsError for another format */
  metricsText({ format = 'prometheus' }: MetricsOptions): string {
    if (!Object.hasOwn(METRICS_CONTENT_TYPE, format)) {
      throw new OptionsError('format', '"prometheus" or "openmetrics"', describeGiven(format))
    }
    const metrics = this.metrics ?? new PoolMetrics(this.#parts.settings.minIdle)
    return prometheusText(metrics.families(this.#parts.snapshot()), format)
  }

  /** The pool was looked at. */
  look(numbers: PoolNumbers, now: number): void {
    this.#utilization?.look(numbers, now)
  }

  /** Begins to tell others, if it is to tell anybody at all. */
  start(): void {
    this.#reporter?.start()
    const { telemetry } = this.#parts.settings
    if (telemetry !== undefined && this.metrics !== undefined) this.#startTelemetry(telemetry, this.metrics)
  }

  /** The pool ends: nobody is told anything any more. */
  stop(): void {
    this.#reporter?.stop()
    this.#stopTelemetry?.()
  }

  #startTelemetry(settings: TelemetrySettings, metrics: PoolMetrics): void {
    const { observers, target, snapshot, warn } = this.#parts
    const { host, port, database } = target
    const pool = { name: this.#parts.settings.name, host, port, database }
    const collect = () => metrics.families(snapshot())
    const parts = { settings, pool, observers, metrics, collect, env: process.env, warn }
    this.#stopTelemetry = startTelemetry(parts)
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
    const { settings, logger, clock, snapshot, loadReader } = this.#parts
    const [table, every] = [this.#table, settings.reportEvery]
    if (table === undefined || logger === undefined || every === 0) return undefined
    const stats = () => snapshot().stats
    return new PoolReporter({ every, clock, logger, table, stats, loadReader })
  }
}

const NOTHING: QueryCounts = new StatementCounters().snapshot()
