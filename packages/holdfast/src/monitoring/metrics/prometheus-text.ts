import type { BucketCounts } from './bucket-histogram.js'
import type { MetricFamily, MetricPoint } from './metric-family.js'
import {
  BUCKETS,
  METRICS,
  type Metric,
  type MetricKind,
  type MetricName,
  POOL_LABEL,
} from './metric-table.js'

/** Prometheus' text format 0.0.4, which every Prometheus reads, or OpenMetrics 1.0. */
export type MetricsFormat = 'prometheus' | 'openmetrics'

/** What an HTTP answer says that it contains. */
export const METRICS_CONTENT_TYPE: Readonly<Record<MetricsFormat, string>> = Object.freeze({
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
})

const TYPES: Readonly<Record<MetricKind, string>> = {
  counter: 'counter',
  gauge: 'gauge',
  'up-down-counter': 'gauge',
  histogram: 'histogram',
}
const UNITS: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' }

/** Writes metrics as text; families of the same name, of several pools, become one. */
export function prometheusText(families: readonly MetricFamily[], format: MetricsFormat): string {
  const byName = new Map<MetricName, MetricFamily[]>()
  for (const family of families) byName.set(family.name, [...(byName.get(family.name) ?? []), family])
  const lines = [...byName].flatMap(([name, group]) => linesOf(name, group, format))
  if (format === 'openmetrics') lines.push('# EOF')
  return lines.map(line => `${line}\n`).join('')
}

/** The name of a metric as OpenTelemetry's rules for Prometheus have it: `db_client_operation_duration_seconds`. */
export function prometheusName(name: MetricName): string {
  const { unit, kind } = METRICS[name]
  return `${familyName(name, unit)}${kind === 'counter' ? '_total' : ''}`
}

/** A label's name: `error_type`. */
export function prometheusLabel(name: string): string {
  return name.replaceAll('.', '_')
}

function familyName(name: MetricName, unit: string): string {
  const base = prometheusLabel(name)
  const suffix = UNITS[unit]
  return suffix === undefined || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`
}

function linesOf(name: MetricName, group: readonly MetricFamily[], format: MetricsFormat): string[] {
  const metric: Metric = METRICS[name]
  const isOpen = format === 'openmetrics'
  // OpenMetrics has the suffix of a counter on its samples alone.
  const family = isOpen ? familyName(name, metric.unit) : prometheusName(name)
  const unit = UNITS[metric.unit]
  return [
    `# HELP ${family} ${escapeHelp(metric.help)}`,
    `# TYPE ${family} ${TYPES[metric.kind]}`,
    ...(isOpen && unit !== undefined && family.endsWith(unit) ? [`# UNIT ${family} ${unit}`] : []),
    ...group.flatMap(({ pool, points }) => points.flatMap(point => samplesOf(name, pool, point))),
  ]
}

function samplesOf(name: MetricName, pool: string, { labels, value }: MetricPoint): string[] {
  const sample = prometheusName(name)
  const names = [POOL_LABEL, ...METRICS[name].labels]
  const pairs = [pool, ...labels].flatMap((label, at) =>
    label === undefined ? [] : [`${prometheusLabel(names[at] as string)}="${escapeLabel(label)}"`],
  )
  if (typeof value === 'number') return [`${sample}{${pairs.join()}} ${numberText(value)}`]
  return histogramLines(sample, pairs, value)
}

/** Buckets are cumulative: each holds what is in those before it. */
function histogramLines(sample: string, pairs: readonly string[], value: BucketCounts): string[] {
  let seen = 0
  const buckets = value.counts.map((count, at) => {
    seen += count
    const bound = BUCKETS[at] ?? Number.POSITIVE_INFINITY
    return `${sample}_bucket{${[...pairs, `le="${numberText(bound)}"`].join()}} ${seen}`
  })
  const labels = pairs.join()
  return [
    ...buckets,
    `${sample}_sum{${labels}} ${numberText(value.sum)}`,
    `${sample}_count{${labels}} ${value.count}`,
  ]
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
