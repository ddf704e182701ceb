import type {
  Attributes,
  BatchObservableCallback,
  Histogram,
  Meter,
  MetricOptions,
  Observable,
} from '@opentelemetry/api'
import { isSqlState } from '../metrics/error-type.js'
import type { MetricFamily } from '../metrics/metric-family.js'
import { BUCKETS, METRICS, type Metric, type MetricName } from '../metrics/metric-table.js'
import type { OperationSeries } from '../metrics/operation-durations.js'
import type { ConnectionTime, DurationSink } from '../metrics/pool-metrics.js'
import { type PoolIdentity, poolAttributes } from './span-attributes.js'

/** What instruments are made with. */
export interface PoolInstrumentsParts {
  readonly meter: Meter
  readonly pool: PoolIdentity
  /** Whether those that OpenTelemetry still develops are wanted. */
  readonly development: boolean
  /** The pool's metrics at this moment. */
  readonly collect: () => readonly MetricFamily[]
}

/** The metrics of a pool as OpenTelemetry's instruments: durations as they happen, all else when it is collected. */
export class PoolInstruments implements DurationSink {
  readonly #pool: Attributes
  readonly #histograms = new Map<MetricName, Histogram>()
  readonly #observables = new Map<MetricName, Observable>()
  readonly #attributes = new WeakMap<OperationSeries, Attributes>()
  readonly #parts: PoolInstrumentsParts

  constructor(parts: PoolInstrumentsParts) {
    this.#parts = parts
    this.#pool = { 'db.client.connection.pool.name': parts.pool.name }
    for (const name of Object.keys(METRICS) as MetricName[]) this.#make(name)
    parts.meter.addBatchObservableCallback(this.#observe, [...this.#observables.values()])
  }

  operation(series: OperationSeries, seconds: number): void {
    const attributes = this.#attributes.get(series) ?? this.#attributesOf(series)
    this.#histograms.get('db.client.operation.duration')?.record(seconds, attributes)
  }

  connection(name: ConnectionTime, seconds: number): void {
    this.#histograms.get(`db.client.connection.${name}`)?.record(seconds, this.#pool)
  }

  /** The pool has ended: it is not asked any more. */
  stop(): void {
    this.#parts.meter.removeBatchObservableCallback(this.#observe, [...this.#observables.values()])
  }

  readonly #observe: BatchObservableCallback = result => {
    for (const { name, points } of this.#parts.collect()) {
      const observable = this.#observables.get(name)
      if (observable === undefined) continue
      const names = METRICS[name].labels
      for (const { labels, value } of points) {
        if (typeof value !== 'number') continue
        const own = names.map((label, at): [string, string | undefined] => [label, labels[at]])
        result.observe(observable, value, { ...this.#pool, ...Object.fromEntries(own) })
      }
    }
  }

  #make(name: MetricName): void {
    const { meter, development } = this.#parts
    const { kind, unit, help: description, origin }: Metric = METRICS[name]
    if (origin === 'development' && !development) return
    const options: MetricOptions = { unit, description }
    if (kind === 'histogram') {
      const advice = { explicitBucketBoundaries: [...BUCKETS] }
      this.#histograms.set(name, meter.createHistogram(name, { ...options, advice }))
    } else this.#observables.set(name, createObservable(meter, kind, [name, options]))
  }

  #attributesOf(series: OperationSeries): Attributes {
    const { errorType, cache } = series
    const attributes: Attributes = {
      ...poolAttributes(this.#parts.pool),
      ...(errorType === undefined ? {} : { 'error.type': errorType }),
      ...(isSqlState(errorType) ? { 'db.response.status_code': errorType } : {}),
      ...(cache === undefined ? {} : { 'holdfast.cache.status': cache }),
    }
    this.#attributes.set(series, attributes)
    return attributes
  }
}

function createObservable(
  meter: Meter,
  kind: Exclude<Metric['kind'], 'histogram'>,
  given: [string, MetricOptions],
): Observable {
  if (kind === 'counter') return meter.createObservableCounter(...given)
  return kind === 'gauge'
    ? meter.createObservableGauge(...given)
    : meter.createObservableUpDownCounter(...given)
}
