import { describeGiven } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import type { PoolSettings } from '../base/options.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { TelemetrySettings } from '../base/telemetry-options.js'
import type { Warn } from '../base/warning.js'
import { PoolMetrics } from './metrics/pool-metrics.js'
import { METRICS_CONTENT_TYPE, type MetricsFormat, prometheusText } from './metrics/prometheus-text.js'
import type { MetricsSnapshot } from './metrics/snapshot-values.js'
import type { PoolIdentity } from './otel/span-attributes.js'
import { startTelemetry } from './otel/telemetry.js'
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
  readonly settings: Pick<PoolSettings, 'name' | 'statistics' | 'telemetry'>
  /** Where the pool connects to. */
  readonly target: Omit<PoolIdentity, 'name'>
  readonly categoryOf: CategoryOf
  /** Loads PostgreSQL's parser: only who asks for statements pays for it. */
  readonly loadReader: () => Promise<StatementReader>
  /** The pool at this moment. */
  readonly snapshot: () => MetricsSnapshot
  readonly warn: Warn
}

/** How the metrics of a pool are written. */
export interface MetricsOptions {
  /** `prometheus` is the text format 0.0.4. Default: `prometheus`. */
  readonly format?: MetricsFormat
}

/** Watches the queries of a pool. */
export class PoolMonitor {
  readonly #parts: PoolMonitorParts
  readonly #table: StatementTable | undefined
  /** Absent while nobody wants to know how long anything takes. */
  readonly metrics: PoolMetrics | undefined
  readonly #stopTelemetry: (() => void) | undefined

  constructor(parts: PoolMonitorParts) {
    const { observers, settings, categoryOf } = parts
    this.#parts = parts
    const { statistics, telemetry } = settings
    this.#table = statistics && new StatementTable(statistics.statements, categoryOf)
    if (this.#table !== undefined) observers.add(this.#table)
    if (statistics === undefined && telemetry === undefined) return
    this.metrics = new PoolMetrics()
    observers.add(this.metrics)
    this.#stopTelemetry = telemetry && this.#startTelemetry(telemetry, this.metrics)
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

  /** See `Pool.metrics`. @throws OptionsError for another format */
  metricsText({ format = 'prometheus' }: MetricsOptions): string {
    if (!Object.hasOwn(METRICS_CONTENT_TYPE, format)) {
      throw new OptionsError('format', '"prometheus" or "openmetrics"', describeGiven(format))
    }
    const metrics = this.metrics ?? new PoolMetrics()
    return prometheusText(metrics.families(this.#parts.snapshot()), format)
  }

  /** The pool has ended: nobody is told anything any more. */
  stop(): void {
    this.#stopTelemetry?.()
  }

  #startTelemetry(settings: TelemetrySettings, metrics: PoolMetrics): () => void {
    const { observers, target, snapshot, warn } = this.#parts
    const { host, port, database } = target
    const pool = { name: this.#parts.settings.name, host, port, database }
    const collect = () => metrics.families(snapshot())
    return startTelemetry({ settings, pool, observers, metrics, collect, env: process.env, warn })
  }
}

const NOTHING: QueryCounts = new StatementCounters().snapshot()
