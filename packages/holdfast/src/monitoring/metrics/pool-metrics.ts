import type { QueryEvent, QueryObserver } from '../../base/query-event.js'
import { BucketHistogram } from './bucket-histogram.js'
import type { MetricFamily, MetricPoint } from './metric-family.js'
import type { MetricName } from './metric-table.js'
import { OperationDurations, type OperationSeries } from './operation-durations.js'
import { type MetricsSnapshot, snapshotValues } from './snapshot-values.js'

/** The histograms of connections. */
export type ConnectionTime = 'create_time' | 'wait_time' | 'use_time'

/** Whom durations are told to besides, as they are counted. In seconds. */
export interface DurationSink {
  operation(series: OperationSeries, seconds: number): void
  connection(name: ConnectionTime, seconds: number): void
}

const HIT = { error: undefined, cache: 'hit' } as const

/** What a pool counts for those that collect metrics; everything else they are told is read when they ask. */
export class PoolMetrics implements QueryObserver {
  readonly #operations = new OperationDurations()
  /** Those that the cache answered; absent before the first. */
  #hits: OperationSeries | undefined = undefined
  readonly #times: Readonly<Record<ConnectionTime, BucketHistogram>> = {
    create_time: new BucketHistogram(),
    wait_time: new BucketHistogram(),
    use_time: new BucketHistogram(),
  }
  readonly #minIdle: number
  #timeouts = 0
  #sink: DurationSink | undefined = undefined

  /** @param minIdle idle connections that the pool keeps */
  constructor(minIdle: number) {
    this.#minIdle = minIdle
  }

  /** From now on durations are told to this one too. */
  tell(sink: DurationSink): void {
    this.#sink = sink
  }

  ended(event: QueryEvent): void {
    this.#operation(this.#operations.of(event), (event.endedAt - event.startedAt) / 1_000)
  }

  readonly hit = (_text: string, _rows: number, millis: number): void => {
    this.#hits ??= this.#operations.of(HIT)
    this.#operation(this.#hits, millis / 1_000)
  }

  /** A connection was opened. @param millis how long that took */
  opened(millis: number): void {
    this.#note('create_time', millis)
  }

  /** A connection was lent to who had waited for so long. */
  lent(millis: number): void {
    this.#note('wait_time', millis)
  }

  /** A connection was given back by who had it for so long. */
  released(millis: number): void {
    this.#note('use_time', millis)
  }

  /** Somebody waited for a connection in vain. */
  timedOut(): void {
    this.#timeouts++
  }

  /** Every metric of the pool at this moment; what cannot be there (a cache, replicas) has no points. */
  families(snapshot: MetricsSnapshot): MetricFamily[] {
    const own: [MetricName, MetricPoint[]][] = [
      ['db.client.operation.duration', this.#operations.points()],
      ['db.client.connection.timeouts', [{ labels: [], value: this.#timeouts }]],
      ...Object.entries(this.#times).map(([name, histogram]): [MetricName, MetricPoint[]] => [
        `db.client.connection.${name as ConnectionTime}`,
        [{ labels: [], value: histogram.snapshot() }],
      ]),
    ]
    const { name: pool } = snapshot.stats
    return [...own, ...snapshotValues(snapshot, this.#minIdle)]
      .filter(([, points]) => points.length > 0)
      .map(([name, points]) => ({ name, pool, points }))
  }

  #operation(series: OperationSeries, seconds: number): void {
    series.histogram.record(seconds)
    this.#sink?.operation(series, seconds)
  }

  #note(name: ConnectionTime, millis: number): void {
    const seconds = millis / 1_000
    this.#times[name].record(seconds)
    this.#sink?.connection(name, seconds)
  }
}
