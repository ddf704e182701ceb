import { temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import { beforeAll, describe, expect, test } from 'vitest'
import { recordingLogger } from './recording-logger.js'

let url: string

beforeAll(async () => {
  url = (await temporaryDatabase()).url
})

/** A pool that finds every query slow, and what its logger was told. */
async function withSlowPool(
  options: PoolOptions,
  work: (pool: Pool, logger: ReturnType<typeof recordingLogger>) => Promise<void>,
): Promise<void> {
  const logger = recordingLogger()
  const pool = new Pool({ connectionString: url, logger, report: false, ...options })
  try {
    await work(pool, logger)
  } finally {
    await pool.end()
  }
}

describe('the log of slow queries', () => {
  test('names the statement, its time, its rows and who awaited it, and no literal', async () => {
    await withSlowPool({ slowQuery: { threshold: 0 } }, async (pool, logger) => {
      await pool.query("SELECT 'a secret' AS value, $1::text FROM generate_series(1, 3)", ['another secret'])
      await expect.poll(() => logger.of('slow-query')).toHaveLength(1)
      const [line] = logger.of('slow-query')
      expect(line?.level).toBe('warn')
      expect(line?.fields).toMatchObject({
        pool: 'main',
        fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
        statement: 'SELECT ? AS value, $1::text FROM generate_series(?, ?)',
        rows: 3,
        attempts: 1,
        location: expect.stringMatching(/slow-queries\.test\.ts:\d+:\d+$/),
      })
      expect(JSON.stringify(logger.lines)).not.toContain('secret')
      const [statement] = await pool.statements()
      expect(statement?.lastSlow).toMatchObject({ location: line?.fields.location })
    })
  })

  test('says nothing of queries below the threshold, nor when it is off', async () => {
    for (const slowQuery of [{ threshold: '1h' }, false] as const) {
      await withSlowPool({ slowQuery }, async (pool, logger) => {
        await pool.query('SELECT 1')
        expect(logger.lines).toEqual([])
        expect((await pool.statements())[0]?.lastSlow).toBeUndefined()
      })
    }
  })

  test('finds the caller behind a callback when it looks at each call', async () => {
    await withSlowPool({ slowQuery: { threshold: 0, location: 'call' } }, async (pool, logger) => {
      await new Promise<void>((resolve, reject) => {
        pool.query('SELECT 1', error => (error ? reject(error) : resolve()))
      })
      await expect.poll(() => logger.of('slow-query')).toHaveLength(1)
      expect(logger.of('slow-query')[0]?.fields.location).toMatch(/slow-queries\.test\.ts:\d+:\d+$/)
    })
  })

  test('is cut off under a flood, and no query fails or goes uncounted for it', async () => {
    await withSlowPool({ slowQuery: { threshold: 0, linesPerMinute: 2 } }, async (pool, logger) => {
      for (let i = 0; i < 50; i++) await pool.query('SELECT 1')
      await expect.poll(() => logger.of('slow-query')).toHaveLength(2)
      expect(pool.stats().queries.calls).toBe(50)
    })
  })

  test('adds the plan, made without running the statement, and asks for it once a minute', async () => {
    await withSlowPool({ slowQuery: { threshold: 0, plan: true } }, async (pool, logger) => {
      await pool.query('CREATE TABLE planned (id int PRIMARY KEY, v text)')
      const insert = "INSERT INTO planned SELECT $1, v FROM planned WHERE v = 'a secret' AND id < 4711"
      for (let i = 0; i < 2; i++) await pool.query(insert, [1])
      await expect.poll(() => logger.of('slow-query')).toHaveLength(3)
      const plans = logger.of('slow-query').map(({ fields }) => fields.plan)
      expect(plans.filter(plan => plan?.startsWith('Insert on planned'))).toHaveLength(1)
      expect(JSON.stringify(logger.lines)).not.toMatch(/secret|4711/)
      expect((await pool.query('SELECT * FROM planned')).rows).toEqual([])
    })
  })

  test('tells the error by its code', async () => {
    await withSlowPool({ slowQuery: { threshold: 0 } }, async (pool, logger) => {
      await pool.query('SELECT 1 / 0').catch(() => undefined)
      await expect.poll(() => logger.of('slow-query')).toHaveLength(1)
      expect(logger.of('slow-query')[0]?.fields).toMatchObject({ error: '22012', rows: 0 })
    })
  })

  test('is one line for all attempts of a call, with its server', async () => {
    await withSlowPool({ slowQuery: { threshold: 0 } }, async (pool, logger) => {
      await pool.query('CREATE SEQUENCE attempts')
      // The first attempt ends its own connection; a sequence remembers that.
      const text = `SELECT CASE WHEN nextval('attempts') = 1 THEN pg_terminate_backend(pg_backend_pid()) END`
      await pool.query({ text, readOnly: true })
      await expect.poll(() => logger.of('slow-query')).toHaveLength(2)
      const { host } = new URL(url)
      expect(logger.of('slow-query')[1]?.fields).toMatchObject({ attempts: 2, rows: 1, target: host })
      expect(pool.stats()).toMatchObject({ queries: { calls: 2, errors: 0 }, retries: { made: 1 } })
    })
  })

  test('survives a logger that throws', async () => {
    const broken = () => {
      throw new Error('disk full')
    }
    const logger = { debug: broken, info: broken, warn: broken, error: broken }
    await withSlowPool({ logger, slowQuery: { threshold: 0 } }, async pool => {
      expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    })
  })

  test('takes the plan that auto_explain told the session', async () => {
    await withSlowPool({ slowQuery: { threshold: 0 } }, async (pool, logger) => {
      const client = await pool.connect()
      const loaded = await client.query("LOAD 'auto_explain'").then(
        () => true,
        () => false,
      )
      if (loaded) {
        await client.query(
          "SET auto_explain.log_min_duration = 0; SET auto_explain.log_level = 'notice'; SET client_min_messages = 'notice'",
        )
        await client.query('SELECT $1::int AS explained', [4711])
      }
      client.release(true)
      expect(loaded).toBe(true)
      const statement = async () =>
        (await pool.statements()).find(({ text }) => text === 'SELECT $1::int AS explained')
      expect((await statement())?.lastSlow?.plan).toMatch(/^Result {2}\(cost=/)
      expect(JSON.stringify(logger.lines)).not.toContain('4711')
    })
  })
})

describe('pool.plan', () => {
  test('explains a statement by its fingerprint and does not run it', async () => {
    await withSlowPool({}, async pool => {
      await pool.query('CREATE TABLE explained (id int PRIMARY KEY)')
      await pool.query('DELETE FROM explained WHERE id = $1', [1])
      const found = (await pool.statements()).find(({ text }) => text.startsWith('DELETE'))
      await pool.query('INSERT INTO explained VALUES (1)')
      expect(await pool.plan(found?.fingerprint ?? '')).toMatch(
        /^Delete on explained[\s\S]*Index Cond: \(id = \$1\)/,
      )
      expect((await pool.query('SELECT * FROM explained')).rowCount).toBe(1)
      expect(pool.stats().activeCount).toBe(0)
    })
  })

  test('refuses an unknown fingerprint, and passes on why a statement has no plan', async () => {
    await withSlowPool({}, async pool => {
      await pool.query('SELECT 1; SELECT 2')
      const [several] = await pool.statements()
      await expect(pool.plan('nothing')).rejects.toMatchObject({ code: 'HOLDFAST_OPTIONS' })
      await expect(pool.plan(several?.fingerprint ?? '')).rejects.toMatchObject({ code: '42601' })
    })
  })
})

test('a report tells what happened since the last one', async () => {
  await withSlowPool({ report: 50, slowQuery: false }, async (pool, logger) => {
    await pool.query('SELECT 1')
    await pool.query('SELECT nothing').catch(() => undefined)
    const reports = () => logger.of('pool-report').map(({ fields }) => fields)
    const sum = (of: (fields: { queries: { calls: number; errors: number } }) => number) =>
      reports().reduce((total, fields) => total + of(fields), 0)
    await expect.poll(() => sum(({ queries }) => queries.calls)).toBe(2)
    expect(sum(({ queries }) => queries.errors)).toBe(1)
    const busy = reports().find(fields => fields.top.length > 0)
    expect(busy?.top[0]).toMatchObject({ statement: expect.stringMatching(/^SELECT/) })
    expect(busy).toMatchObject({ pool: 'main', connections: { max: 20 } })
  })
})

test('a pool that stays busy warns once with its numbers, and once when that is over', async () => {
  const options = {
    max: 2,
    minIdle: 1,
    // One of two is not enough: the pool may be looked at while the second connects.
    utilizationAlert: { above: 0.75, sustained: 1 },
    idleTimeoutMillis: 20,
  }
  await withSlowPool(options, async (pool, logger) => {
    const clients = await Promise.all([pool.connect(), pool.connect()])
    try {
      await expect.poll(() => logger.of('utilization-high')).toHaveLength(1)
      expect(logger.of('utilization-high')[0]?.message).toMatch(/2 of 2 connections \(100 %\)/)
    } finally {
      for (const client of clients) client.release()
    }
    await expect.poll(() => logger.of('utilization-normal')).toHaveLength(1)
    expect(logger.of('utilization-high')).toHaveLength(1)
  })
})
