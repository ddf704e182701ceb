import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findProgram, temporaryDatabase } from '@holdfast/testkit'
import { METRICS_CONTENT_TYPE, OptionsError, Pool } from 'holdfast'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { METRICS, type MetricName } from '../../dist/monitoring/metrics/metric-table.js'
import { prometheusName } from '../../dist/monitoring/metrics/prometheus-text.js'

const PROMTOOL = findProgram('promtool')
const DEPLOY = fileURLToPath(new URL('../../../../deploy/', import.meta.url))

let url: string
let pool: Pool

beforeAll(async () => {
  url = (await temporaryDatabase()).url
})
afterEach(() => pool.end())

function poolWith(options: object = {}): Pool {
  pool = new Pool({ connectionString: url, name: 'main', ...options })
  return pool
}

/** Runs promtool; what it says is in the error when it is not content. */
function promtool(...args: string[]): string {
  return execFileSync(PROMTOOL as string, args, { encoding: 'utf8', cwd: `${DEPLOY}prometheus` })
}

/** What promtool finds in a text of metrics. */
function complaints(input: string): string[] {
  const { stderr } = spawnSync(PROMTOOL as string, ['check', 'metrics'], { encoding: 'utf8', input })
  // OpenTelemetry's name, made after OpenTelemetry's rules: its own exporter writes the same.
  return stderr
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('db_client_connection_count non-histogram'))
}

/** Values of the lines that begin like this. */
const valuesOf = (text: string, start: string) =>
  text
    .split('\n')
    .filter(line => line.startsWith(start))
    .map(line => Number(line.slice(line.lastIndexOf(' '))))

describe('pool.metrics()', () => {
  test('every metric of the table is in the text, and nothing else', async () => {
    poolWith({ cache: { tables: { seen: '1h' } } })
    await pool.query('CREATE TABLE IF NOT EXISTS seen (id int PRIMARY KEY)')
    await pool.query('SELECT pg_sleep(0) FROM seen')
    const told = [...pool.metrics().matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name)
    // Only a replica has a lag.
    const names = (Object.keys(METRICS) as MetricName[]).filter(name => name !== 'holdfast.replica.lag')
    expect(told.sort()).toEqual(names.map(prometheusName).sort())
  })

  test('counts what happened: queries by error, connections, waiting', async () => {
    poolWith({ max: 2 })
    await Promise.all([1, 2, 3, 4].map(n => pool.query('SELECT pg_sleep(0.002), $1::int', [n])))
    await pool.query('SELECT 1 / 0').catch(() => undefined)
    const client = await pool.connect()
    const text = pool.metrics()
    const label = 'db_client_connection_pool_name="main"'
    const values = (start: string) => valuesOf(text, start)
    expect(values(`db_client_operation_duration_seconds_count{${label}}`)).toEqual([4])
    expect(values(`db_client_operation_duration_seconds_count{${label},error_type="22012"}`)).toEqual([1])
    expect(values(`db_client_operation_duration_seconds_bucket{${label},le="0.001"}`)).toEqual([0])
    expect(values(`db_client_operation_duration_seconds_bucket{${label},le="+Inf"}`)).toEqual([4])
    expect(values(`db_client_connection_count{${label},db_client_connection_state="used"}`)).toEqual([1])
    expect(values(`db_client_connection_limit{${label}}`)).toEqual([2])
    expect(values(`db_client_connection_create_time_seconds_count{${label}}`)).toEqual([2])
    expect(values(`db_client_connection_wait_time_seconds_count{${label}}`)).toEqual([6])
    expect(values(`db_client_connection_use_time_seconds_count{${label}}`)).toEqual([5])
    expect(values(`holdfast_breaker_state{${label},holdfast_state="closed"}`)).toEqual([1])
    client.release()
  })

  test('hits of the cache are counted apart, also those for which no event is made', async () => {
    poolWith({ cache: { tables: { kept: '1h' } } })
    await pool.query('CREATE TABLE IF NOT EXISTS kept (id int PRIMARY KEY)')
    for (let at = 0; at < 5; at++) await pool.query('SELECT id FROM kept')
    const count = (status: string) =>
      valuesOf(
        pool.metrics(),
        `db_client_operation_duration_seconds_count{db_client_connection_pool_name="main",holdfast_cache_status="${status}"}`,
      )
    expect([count('miss'), count('hit')]).toEqual([[1], [4]])
    expect(valuesOf(pool.metrics(), 'holdfast_cache_hits_total')).toEqual([4, 0])
  })

  test('a caller that waited in vain is counted as a timeout', async () => {
    poolWith({ max: 1, overload: false })
    const client = await pool.connect()
    const query = pool.query({ text: 'SELECT 1', timeout: 30 })
    await expect(query).rejects.toMatchObject({ code: 'HOLDFAST_POOL_TIMEOUT' })
    client.release()
    expect(valuesOf(pool.metrics(), 'db_client_connection_timeouts_total')).toEqual([1])
  })

  test('a name with quotes, backslashes and line ends stays one label', async () => {
    poolWith({ name: 'a"b\\c\nd' })
    const text = pool.metrics()
    expect(text).toContain('db_client_connection_limit{db_client_connection_pool_name="a\\"b\\\\c\\nd"} ')
    if (PROMTOOL !== undefined) expect(complaints(text)).toEqual([])
  })

  test('errors of a hundred kinds are told apart, and what comes after them counts as _OTHER', async () => {
    poolWith({ max: 2 })
    const raise = (code: string) =>
      pool.query(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${code}'; END $$`).catch(() => undefined)
    for (let at = 0; at < 120; at++) await raise(`Y${String(at).padStart(4, '0')}`)
    const kinds = pool.metrics().match(/operation_duration_seconds_count\{[^}]*error_type="\w+"/g)
    expect(kinds).toHaveLength(101)
    expect(
      valuesOf(pool.metrics(), 'db_client_operation_duration_seconds_count').reduce((a, b) => a + b),
    ).toBe(120)
    expect(pool.metrics()).toMatch(/count\{[^}]*error_type="_OTHER"\} 20\n/)
  })

  test('without statistics there are no durations, and another format is refused by name', async () => {
    poolWith({ statistics: false })
    await pool.query('SELECT 1')
    expect(pool.metrics()).not.toContain('db_client_operation_duration')
    expect(() => pool.metrics({ format: 'json' as 'prometheus' })).toThrow(OptionsError)
    expect(() => pool.metrics({ format: 'constructor' as 'prometheus' })).toThrow(
      'expected "prometheus" or "openmetrics"',
    )
  })

  test('OpenMetrics has units, counters without suffix in their heads, and an end', async () => {
    poolWith()
    const text = pool.metrics({ format: 'openmetrics' })
    expect(text).toContain('# TYPE holdfast_retries counter\nholdfast_retries_total{')
    expect(text).toContain('# UNIT db_client_connection_wait_time_seconds seconds\n')
    expect(text.endsWith('\n# EOF\n')).toBe(true)
    expect(METRICS_CONTENT_TYPE.openmetrics).toMatch(/^application\/openmetrics-text; version=1\.0\.0/)
  })
})

describe.skipIf(PROMTOOL === undefined)('the files for Prometheus, by promtool', () => {
  test('the text is what promtool takes for good metrics', async () => {
    poolWith({ cache: { tables: { seen: '1h' } } })
    await pool.query('SELECT 1 / 0').catch(() => undefined)
    expect(complaints(pool.metrics())).toEqual([])
    expect(complaints('nonsense{')).not.toEqual([])
  })

  test('the scrape file and the rules are right, and every alert comes and goes when it should', async () => {
    poolWith()
    expect(promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS')
    expect(promtool('test', 'rules', 'tests/holdfast-alerts.test.yml')).toContain('SUCCESS')
  })

  test('every alert has a test', async () => {
    poolWith()
    const names = (file: string, pattern: RegExp) =>
      new Set([...read(file).matchAll(pattern)].map(([, name]) => name))
    expect(names('prometheus/tests/holdfast-alerts.test.yml', /alertname: (\w+)/g)).toEqual(
      names('prometheus/holdfast-alerts.yml', /alert: (\w+)/g),
    )
  })
})

const read = (file: string) => readFileSync(DEPLOY + file, 'utf8')

/** Words that begin like our metrics, and are labels. */
const LABELS =
  /^(db_client_connection_(pool_name|state)|holdfast_(state|cache_(tier|reason|status)|shed_reason))$/

test('rules, alerts and dashboard name existing metrics alone, and the dashboard shows every one', () => {
  poolWith()
  const samples = (Object.keys(METRICS) as MetricName[]).flatMap(name => {
    const text = prometheusName(name)
    return METRICS[name].kind === 'histogram' ? [`${text}_bucket`, `${text}_count`, `${text}_sum`] : [text]
  })
  const used = (text: string) =>
    [...text.matchAll(/\b(?:db_client|holdfast)_\w+/g)]
      .map(([word]) => word)
      .filter(word => !LABELS.test(word))
  const rules = readdirSync(`${DEPLOY}prometheus`).filter(file => /^holdfast-.*\.yml$/.test(file))
  const dashboard = read('grafana/holdfast-dashboard.json')
  const all = [...rules.map(file => read(`prometheus/${file}`)), dashboard].flatMap(used)
  expect(all.filter(word => !samples.includes(word))).toEqual([])
  const recorded = new Set(
    [...read('prometheus/holdfast-rules.yml').matchAll(/record: (\S+)/g)].map(([, name]) => name),
  )
  const asked = new Set([...dashboard.matchAll(/holdfast:\w+:\w+/g)].map(([name]) => name))
  expect([...asked].filter(name => !recorded.has(name))).toEqual([])
  const shown = used(dashboard)
  const missing = (Object.keys(METRICS) as MetricName[]).filter(
    name => !shown.some(word => word.startsWith(prometheusName(name))),
  )
  expect(missing).toEqual([])
})
