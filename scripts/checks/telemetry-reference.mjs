import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { marksOf, readPart, writePart } from './generated-part.mjs'

/**
 * @typedef {import('./report.mjs').Violation} Violation
 * @typedef {{ kind: string, unit: string, labels: readonly string[], origin: string, help: string }} Metric
 * @typedef {{ METRICS: Record<string, Metric>, POOL_LABEL: string, BUCKETS: readonly number[] }} MetricTable
 * @typedef {{ page: string, marks: import('./generated-part.mjs').Marks, firstPage: string, part: () => Promise<string> }} Reference
 */

const MONITORING = 'packages/holdfast/dist/monitoring'
const SOURCE = 'packages/holdfast/src/monitoring/metrics/metric-table.ts'
const REMEDY = 'run `npm run build && node scripts/check-docs.mjs --write`'

const FIRST_METRICS_PAGE = `# Metrics

Every metric of a pool, by OpenTelemetry's name and by the name in \`pool.metrics()\` and \`/metrics\`. How to collect them is told
in [Observability](../guides/observability.md).

<!-- metrics: begin (generated) -->
<!-- metrics: end -->
`

const FIRST_SPANS_PAGE = `# Spans

What a span of OpenTelemetry says about a query. How to switch them on is told in
[Observability](../guides/observability.md#opentelemetry).

<!-- span-attributes: begin (generated) -->
<!-- span-attributes: end -->
`

/**
 * The references of metrics and spans say exactly what the tables say that those are made of.
 *
 * @param {string} root
 * @param {{ write?: boolean }} options `write` brings the pages up to date first
 * @returns {Promise<Violation[]>} none while the project has no metrics yet
 */
export async function checkTelemetryReference(root, { write = false }) {
  if (!existsSync(join(root, SOURCE))) return []
  const pages = [metricsReference(root), spansReference(root)]
  if (!existsSync(join(root, MONITORING))) return [outdated(SOURCE, 'it is not built')]
  return (await Promise.all(pages.map(page => checkPage(root, page, write)))).flat()
}

/** @param {string} root @param {Reference} reference @param {boolean} write @returns {Promise<Violation[]>} */
async function checkPage(root, { page, marks, firstPage, part }, write) {
  const file = join(root, page)
  const wanted = await part()
  if (write) {
    mkdirSync(dirname(file), { recursive: true })
    writePart(file, marks, { part: wanted, firstPage })
  }
  const written = existsSync(file) ? readPart(readFileSync(file, 'utf8'), marks) : undefined
  if (written === wanted) return []
  return [outdated(page, written === undefined ? 'it has no place for them' : 'it says something else')]
}

/** @param {string} root @returns {Reference} */
function metricsReference(root) {
  return {
    page: 'docs/reference/metrics.md',
    marks: marksOf('metrics'),
    firstPage: FIRST_METRICS_PAGE,
    part: async () => {
      const table = await built(root, 'metrics/metric-table.js')
      const { prometheusName, prometheusLabel } = await built(root, 'metrics/prometheus-text.js')
      return metricsPart(table, prometheusName, prometheusLabel)
    },
  }
}

/**
 * @param {MetricTable} table
 * @param {(name: string) => string} nameOf
 * @param {(name: string) => string} labelOf
 */
function metricsPart({ METRICS, POOL_LABEL, BUCKETS }, nameOf, labelOf) {
  const rows = Object.entries(METRICS).map(([name, { kind, unit, labels, origin, help }]) => {
    const label = labels.map(each => `\`${each}\``).join(', ') || '–'
    const development = origin === 'development' ? ' In development.' : ''
    return `| \`${name}\`<br>\`${nameOf(name)}\` | ${kind} | \`${unit}\` | ${label} | ${help}${development} |`
  })
  return [
    `Each has the label \`${POOL_LABEL}\` besides; in Prometheus' names every dot is an underscore (\`${labelOf(POOL_LABEL)}\`).`,
    `Histograms have buckets up to ${BUCKETS.join(', ')} seconds.`,
    '',
    '| metric | kind | unit | labels | what it says |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** @param {string} root @returns {Reference} */
function spansReference(root) {
  return {
    page: 'docs/reference/spans.md',
    marks: marksOf('span-attributes'),
    firstPage: FIRST_SPANS_PAGE,
    part: async () => {
      const { SPAN_ATTRIBUTES } = await built(root, 'otel/span-attributes.js')
      const rows = Object.entries(SPAN_ATTRIBUTES).map(([name, about]) => `| \`${name}\` | ${about} |`)
      return ['| attribute | what it says |', '|---|---|', ...rows].join('\n')
    },
  }
}

/** @param {string} root @param {string} file */
function built(root, file) {
  return import(pathToFileURL(join(root, MONITORING, file)).href)
}

/** @param {string} file @param {string} message @returns {Violation} */
function outdated(file, message) {
  return { file, line: 1, rule: 'telemetry-reference', message, remedy: REMEDY }
}
