import type { BucketCounts } from './bucket-histogram.js'
import type { MetricName } from './metric-table.js'

/** One value of a metric. */
export interface MetricPoint {
  /** Values of the metric's labels, in the order of its table; `undefined`: this point has no such label. */
  readonly labels: readonly (string | undefined)[]
  readonly value: number | BucketCounts
}

/** All values of one metric of one pool. */
export interface MetricFamily {
  readonly name: MetricName
  readonly pool: string
  readonly points: readonly MetricPoint[]
}
