import type { BucketCounts } from './bucket-histogram.js'
import type { MetricFamily, MetricPoint } from './metric-family.js'
import { BUCKETS, METRICS, type Metric, type MetricKind, POOL_LABEL } from './metric-table.js'

/** Prometheus' text format 0.0.4, which every Prometheus reads, or OpenMetrics 1.0. */
export type MetricsFormat = 'prometheus' | 'openmetrics'

/** What an HTTP answer says it contains. */
export const METRICS_CONTENT_TYPE: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

const TYPES: Readonly<Record<MetricKind, string>> = {
  counter: 'counter',
  gauge: 'gauge',
  'up-down-counter': 'gauge',
  histogram: 'histogram',
}
const UNITS: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' }

/** Writes metrics as text. Families of the same name, of several pools, become one. */
export function prometheusText(families: readonly MetricFamily[], format: MetricsFormat): string {
  const byName = Map.groupBy === undefined ? groupByName(families) : Map.groupBy(families, ({ name }) => name)
  const lines = [...byName].flatMap(([name, group]) => familyLines(METRICS[name], { name, group, format }))
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}
