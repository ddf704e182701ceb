import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findProgram, startPostgres, startPrometheus, type TemporaryDatabase } from '@holdfast/testkit'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { migratedDatabase, type ServiceOn, send, serviceOn } from './support/service.js'

const TOKEN = 'a-token-for-scraping'
const DEPLOY = fileURLToPath(new URL('../../../deploy/prometheus/', import.meta.url))

let database: TemporaryDatabase
let service: ServiceOn
beforeAll(async () => {
  database = await migratedDatabase()
  service = await serviceOn(database.url)
})
afterAll(() => service.close())

async function startedWith(env: Record<string, string>): Promise<ServiceOn> {
  const started = await serviceOn(database.url, env)
  onTestFinished(() => started.close())
  return started
}

describe('GET /metrics', () => {
  test('tells whoever asks from this machine, as text for Prometheus', async () => {
    await service.call('GET /api/creators')
    const { status, headers, body } = await service.call('GET /metrics')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(body).toContain('db_client_operation_duration_seconds_count{db_client_connection_pool_name="api"')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('tells whoever accepts OpenMetrics in that format', async () => {
    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5'
    const { headers, body } = await service.call('GET /metrics', { headers: { accept } })
    expect(headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(body).toMatch(/\n# EOF\n$/)
  })

  test('tells nobody behind a proxy without a token', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    const { status, body } = await service.call('GET /metrics', { headers })
    expect(status).toBe(403)
    expect(JSON.stringify(body)).not.toContain('db_client')
  })

  test('with a token it is asked of everybody', async () => {
    const { call } = await startedWith({ METRICS_TOKEN: TOKEN })
    const refused = await call('GET /metrics')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer realm="metrics"')
    expect((await call('GET /metrics', { token: `${TOKEN}x` })).status).toBe(401)
    const headers = { 'x-forwarded-for': '203.0.113.9' }
    expect((await call('GET /metrics', { token: TOKEN, headers })).status).toBe(200)
  })

  test('is not there when it is switched off', async () => {
    const { call } = await startedWith({ METRICS: 'off' })
    expect((await call('GET /metrics')).status).toBe(404)
  })
})

/** The project's own files, for a test that cannot wait for minutes. */
function files(target: string): { config: string; files: Record<string, string> } {
  const read = (name: string) => readFileSync(DEPLOY + name, 'utf8')
  const config = read('prometheus.yml')
    .replaceAll('15s', '200ms')
    .replace('127.0.0.1:3000', target)
    .replace(/# (authorization:)\n( +)# ( +credentials_file: metrics-token)/, '$1\n$2$3')
  expect(config).toContain('\n    authorization:\n      credentials_file')
  return {
    config,
    files: {
      'holdfast-rules.yml': read('holdfast-rules.yml'),
      'holdfast-alerts.yml': read('holdfast-alerts.yml').replaceAll(/for: \d+[sm]/g, 'for: 400ms'),
      'metrics-token': TOKEN,
    },
  }
}

describe.skipIf(findProgram('prometheus') === undefined)('a real Prometheus', () => {
  test('scrapes the service with its token; an alert fires while the database is away, and clears', async () => {
    await using server = await startPostgres()
    const scraped = await serviceOn(server.url, { METRICS_TOKEN: TOKEN, CACHE: 'off' })
    onTestFinished(() => scraped.close())
    await using prometheus = await startPrometheus(files(new URL(scraped.address).host))
    const poll = { timeout: 60_000, interval: 100 }
    const one = async (expression: string) => (await prometheus.query(expression))[0]?.value
    await expect.poll(() => one('up{job="holdfast"}'), poll).toBe(1)

    // There is no schema: each of these fails in the database, and is a query all the same.
    for (let at = 0; at < 7; at++) await send(scraped.address, 'GET /api/creators')
    const told = await send(scraped.address, 'GET /metrics', { token: TOKEN })
    const counts =
      String(told.body).match(/(?<=^db_client_operation_duration_seconds_count\{.*\} )\d+$/gm) ?? []
    const total = counts.map(Number).reduce((sum, count) => sum + count, 0)
    expect(total).toBeGreaterThanOrEqual(7)
    await expect
      .poll(() => one('sum(db_client_operation_duration_seconds_count)'), poll)
      .toBeGreaterThanOrEqual(total)
    // A rate is seen of what grows between two scrapes.
    const rate = async () => {
      await send(scraped.address, 'GET /api/creators')
      return one('holdfast:queries:rate1m')
    }
    await expect.poll(rate, poll).toBeGreaterThan(0)
    const firing = async () =>
      (await prometheus.alerts()).filter(({ state }) => state === 'firing').map(({ name }) => name)
    expect(await firing()).not.toContain('HoldfastDatabaseUnreachable')

    // Somebody has to ask for the database, or nobody notices that it is away.
    const asked = async () => {
      await send(scraped.address, 'GET /api/health/ready')
      return firing()
    }
    await server.kill()
    await expect.poll(asked, poll).toContain('HoldfastDatabaseUnreachable')
    await server.start()
    await expect.poll(asked, poll).not.toContain('HoldfastDatabaseUnreachable')
  })
})
