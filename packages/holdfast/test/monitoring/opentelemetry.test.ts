import { registerSecret, temporaryDatabase } from '@holdfast/testkit'
import { trace } from '@opentelemetry/api'
import { Pool } from 'holdfast'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { METRICS, type Metric } from '../../dist/monitoring/metrics/metric-table.js'
import { SPAN_ATTRIBUTES } from '../../dist/monitoring/otel/span-attributes.js'
import { type OtelSdk, startOtelSdk } from '../support/otel-sdk.js'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.js'

let url: string
let receiver: OtlpReceiver
let sdk: OtelSdk
const open: Pool[] = []

beforeAll(async () => {
  url = (await temporaryDatabase()).url
  const admin = new Pool({ connectionString: url })
  await admin.query('CREATE TABLE users (id int PRIMARY KEY, name text)')
  await admin.query("INSERT INTO users VALUES (1, 'Ada')")
  await admin.end()
})

// An SDK of its own for each test: the official one keeps what it has counted.
beforeEach(async () => {
  receiver = await startOtlpReceiver()
  sdk = startOtelSdk(receiver.url)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(open.splice(0).map(pool => pool.end()))
  await sdk.shutdown()
  await receiver.close()
})

function poolWith(options: object): Pool {
  const pool = new Pool({ connectionString: url, name: 'traced', telemetry: true, ...options })
  open.push(pool)
  return pool
}

async function spans(): Promise<ReceivedSpan[]> {
  await sdk.flush()
  return receiver.spans
}

const textsOf = (all: readonly ReceivedSpan[]) => all.map(span => span.attributes['db.query.text'])

describe('spans', () => {
  test('a query is one span of kind CLIENT by the stable conventions, a child of what the caller does', async () => {
    const pool = poolWith({})
    const tracer = trace.getTracer('application')
    const parent = await tracer.startActiveSpan('request', async span => {
      await pool.query("SELECT name, 'text' FROM users WHERE id = $1", [1])
      span.end()
      return span.spanContext()
    })
    const span = (await spans()).find(({ name }) => name === 'SELECT users')
    const { host, port, database } = pool.options as unknown as {
      host: string
      port: number
      database: string
    }
    expect(span).toMatchObject({ kind: 3, traceId: parent.traceId, parentSpanId: parent.spanId })
    expect(span?.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.namespace': database ?? new URL(url).pathname.slice(1),
      'server.address': host ?? new URL(url).hostname,
      'server.port': Number(port ?? new URL(url).port),
      'db.client.connection.pool.name': 'traced',
      'db.query.summary': 'SELECT users',
      'db.query.text': 'SELECT name, ? FROM users WHERE id = $1',
      'holdfast.attempts': 1,
      'holdfast.wait_time': expect.any(Number),
      'holdfast.node': new URL(url).host,
    })
    expect(receiver.scopes).toEqual(new Set(['application', 'holdfast']))
  })

  test('a failed query tells its SQLSTATE, an error of ours its code, and neither its message', async () => {
    const pool = poolWith({})
    await expect(pool.query('SELECT 1 / 0 AS broken')).rejects.toThrow('division by zero')
    await expect(pool.query({ text: 'SELECT pg_sleep(60)', timeout: 50 })).rejects.toThrow()
    const failed = (await spans()).map(({ status, attributes }) => [
      status,
      attributes['error.type'],
      attributes['db.response.status_code'],
    ])
    expect(failed).toEqual([
      [{ code: 2 }, '22012', '22012'],
      [{ code: 2 }, 'HOLDFAST_QUERY_TIMEOUT', undefined],
    ])
  })

  test('attempts are inside the one span of their query', async () => {
    const pool = poolWith({ retry: { attempts: 3, optIn: ['55P03'] } })
    const text = 'DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = $c$55P03$c$; END $$'
    await expect(pool.query({ text, readOnly: true })).rejects.toThrow()
    const all = await spans()
    expect(all).toHaveLength(1)
    expect(all[0]?.attributes).toMatchObject({ 'holdfast.attempts': 3, 'error.type': '55P03' })
  })

  test('statements of transactions and borrowed clients have their spans', async () => {
    const pool = poolWith({})
    await pool.transaction(tx => tx.query('SELECT 1 FROM users'))
    const client = await pool.connect()
    await client.query('SELECT id FROM users')
    client.release()
    expect(textsOf(await spans())).toEqual(['BEGIN', 'SELECT ? FROM users', 'COMMIT', 'SELECT id FROM users'])
  })

  test('a hit of the cache is a span that says so', async () => {
    const pool = poolWith({ cache: { tables: { users: '1h' } } })
    const read = () => pool.query('SELECT name FROM users WHERE id = $1', [1])
    await read()
    await read()
    const reads = (await spans()).filter(({ name }) => name === 'SELECT users')
    expect(reads.map(span => span.attributes)).toMatchObject([
      { 'holdfast.cache.status': 'miss', 'holdfast.attempts': 1 },
      { 'holdfast.cache.status': 'hit', 'holdfast.cache.tier': 'memory', 'holdfast.attempts': 0 },
    ])
  })

  test('every attribute of the reference is told by some span, and no other', async () => {
    const pool = poolWith({ cache: { tables: { users: '1h' } } })
    for (let at = 0; at < 2; at++) await pool.query('SELECT id FROM users')
    await pool.query('SELECT 1 / 0').catch(() => undefined)
    const told = new Set((await spans()).flatMap(({ attributes }) => Object.keys(attributes)))
    expect([...told].sort()).toEqual(Object.keys(SPAN_ATTRIBUTES).sort())
  })

  test('parameters, literals and passwords are in nothing that is exported', async () => {
    const secret = 'parameter-7f3a9c'
    registerSecret(secret)
    vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', 'database')
    const pool = poolWith({ telemetry: { sqlComments: true } })
    await pool.query('SELECT $1::text', [secret])
    await pool.query(`SELECT '${secret}', $q$${secret}$q$ -- ${secret}`)
    await pool.query('SELECT $1::int', [secret]).catch(() => undefined)
    await pool.query(`SELECT '${secret}'::int`).catch(() => undefined)
    await pool.query("SELECT set_config('holdfast.x', $1, false)", [secret])
    await sdk.flush()
    expect(receiver.bodies.length).toBeGreaterThan(1)
    for (const body of receiver.bodies) {
      expect(body).not.toContain(secret)
      expect(body).not.toContain(decodeURIComponent(new URL(url).password))
    }
    expect(pool.metrics()).not.toContain(secret)
  })
})

describe('the trace context in comments', () => {
  /** What the server got. */
  const ACTIVITY = 'SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()'

  test('the server sees the traceparent of the span behind the text', async () => {
    const pool = poolWith({ telemetry: { sqlComments: true } })
    const { rows } = await pool.query(ACTIVITY)
    const [span] = await spans()
    expect(rows[0].query).toBe(`${ACTIVITY} /*traceparent='00-${span?.traceId}-${span?.spanId}-01'*/`)
  })

  test('it stays away from named statements, and without the option from all', async () => {
    const pool = poolWith({ telemetry: { sqlComments: true } })
    for (let at = 0; at < 2; at++) {
      const { rows } = await pool.query({ name: 'activity', text: ACTIVITY })
      expect(rows[0].query).toBe(ACTIVITY)
    }
    expect((await poolWith({}).query(ACTIVITY)).rows[0].query).toBe(ACTIVITY)
  })

  test('transactions, borrowed clients, parameters and a comment at the end of a line get theirs', async () => {
    const pool = poolWith({ telemetry: { sqlComments: true } })
    const seen = await pool.transaction(async tx => [
      (await tx.query(`${ACTIVITY} AND $1`, [true])).rows[0]?.query,
      (await tx.query({ text: `${ACTIVITY};`, values: [] })).rows[0]?.query,
    ])
    const client = await pool.connect()
    seen.push((await client.query(`${ACTIVITY} -- the end`)).rows[0].query)
    client.release()
    for (const text of seen) expect(text).toMatch(/ \/\*traceparent='00-[0-9a-f]{32}-[0-9a-f]{16}-01'\*\/$/)
  })

  test('the cache and the statistics go by the text without it', async () => {
    const pool = poolWith({ cache: { tables: { users: '1h' } }, telemetry: { sqlComments: true } })
    for (let at = 0; at < 5; at++) await pool.query('SELECT name FROM users')
    expect(pool.cache.stats()).toMatchObject({ misses: 1, hits: { memory: 4 } })
    await pool.query("UPDATE users SET name = 'Grace' WHERE id = 1")
    expect((await pool.query('SELECT name FROM users')).rows).toEqual([{ name: 'Grace' }])
    const texts = (await pool.statements()).map(({ text }) => text)
    expect(texts.filter(text => text.includes('traceparent'))).toEqual([])
    expect(texts.filter(text => text === 'SELECT name FROM users')).toHaveLength(1)
  })

  test('errors point at the same place in the text', async () => {
    const pool = poolWith({ telemetry: { sqlComments: true } })
    await expect(pool.query('SELECT nothing FROM users')).rejects.toMatchObject({ position: '8' })
    await expect(pool.query('')).resolves.toMatchObject({ rows: [] })
  })
})

describe('metrics', () => {
  test('durations are told by the stable conventions; those in development only after the opt-in', async () => {
    const pool = poolWith({})
    await pool.query('SELECT 1')
    await pool.query('SELECT 1 / 0').catch(() => undefined)
    await sdk.flush()
    expect(receiver.metrics.get('db.client.operation.duration')).toMatchObject({
      unit: 's',
      kind: 'histogram',
      points: [
        {
          count: 1,
          bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
          attributes: {
            'db.system.name': 'postgresql',
            'db.namespace': new URL(url).pathname.slice(1),
            'server.address': new URL(url).hostname,
            'server.port': Number(new URL(url).port),
            'db.client.connection.pool.name': 'traced',
          },
        },
        { count: 1, attributes: { 'error.type': '22012', 'db.response.status_code': '22012' } },
      ],
    })
    const names = [...receiver.metrics.keys()]
    expect(names.filter(name => name.startsWith('db.client.connection'))).toEqual([])
    expect(names).toContain('holdfast.retries')
  })

  test('after the opt-in every metric comes with the kind, unit and text of the table', async () => {
    vi.stubEnv('OTEL_SEMCONV_STABILITY_OPT_IN', 'http, database/dup')
    const pool = poolWith({ cache: { tables: { users: '1h' }, shadowReads: 1 } })
    for (let at = 0; at < 3; at++) await pool.query('SELECT name FROM users')
    await pool.query('SELECT now() FROM users')
    await sdk.flush()
    // Only a replica has a lag.
    const expected = Object.entries<Metric>(METRICS).filter(([name]) => name !== 'holdfast.replica.lag')
    expect([...receiver.metrics.keys()].sort()).toEqual(expected.map(([name]) => name).sort())
    for (const [name, { kind, unit, help }] of expected) {
      const wire = kind === 'histogram' || kind === 'gauge' ? kind : 'sum'
      expect(receiver.metrics.get(name)).toMatchObject({
        kind: wire,
        unit,
        description: help,
        monotonic: kind === 'counter',
      })
    }
  })

  test('stats(), Prometheus and OpenTelemetry count the same, and exactly what happened', async () => {
    const pool = poolWith({
      telemetry: { traces: false },
      max: 8,
      overload: false,
      connectionTimeoutMillis: 0,
      query_timeout: 0,
    })
    const mix = Array.from({ length: 3_000 }, (_, at) =>
      at % 10 === 0
        ? pool.query('SELECT 1 / $1::int', [0]).catch(() => undefined)
        : pool.query('SELECT $1::int', [at]),
    )
    await Promise.all(mix)
    await sdk.flush()
    const { calls, errors, totalMillis } = pool.stats().queries
    expect({ calls, errors }).toEqual({ calls: 3_000, errors: 300 })
    const [fine, failed] = receiver.metrics.get('db.client.operation.duration')?.points ?? []
    const byErrors = [fine, failed].sort((a, b) => (b?.count ?? 0) - (a?.count ?? 0))
    expect(byErrors.map(point => point?.count)).toEqual([2_700, 300])
    expect((fine?.sum ?? 0) + (failed?.sum ?? 0)).toBeCloseTo(totalMillis / 1_000, 6)
    const counts = [...pool.metrics().matchAll(/operation_duration_seconds_count\{(.*)\} (\d+)/g)]
    expect(counts.map(([, labels, count]) => [/error_type="(\w+)"/.exec(labels ?? '')?.[1], count])).toEqual(
      expect.arrayContaining([
        [undefined, '2700'],
        ['22012', '300'],
      ]),
    )
  })

  test('hits of the cache are counted by their status, with spans and without', async () => {
    for (const traces of [true, false]) {
      const pool = poolWith({
        name: `traces-${traces}`,
        cache: { tables: { users: '1h' } },
        telemetry: { traces },
      })
      for (let at = 0; at < 5; at++) await pool.query('SELECT name FROM users')
      await sdk.flush()
      const counts = receiver.metrics
        .get('db.client.operation.duration')
        ?.points.filter(
          ({ attributes }) => attributes['db.client.connection.pool.name'] === `traces-${traces}`,
        )
        .map(({ attributes, count }) => [attributes['holdfast.cache.status'], count])
      expect(counts).toEqual([
        ['miss', 1],
        ['hit', 4],
      ])
    }
  })

  test('a pool that has ended is not asked any more', async () => {
    const pool = poolWith({})
    await pool.query('SELECT 1')
    open.length = 0
    await pool.end()
    receiver.metrics.clear()
    await sdk.flush()
    expect(receiver.metrics.get('holdfast.retries')?.points ?? []).toEqual([])
  })
})

afterAll(() => expect(open).toEqual([]))
