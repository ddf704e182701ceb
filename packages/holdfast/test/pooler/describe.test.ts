import { findProgram, temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { behindPgBouncer } from './behind-pgbouncer.js'

function poolForTest(options: PoolOptions): Pool {
  const pool = new Pool(options)
  onTestFinished(() => pool.end())
  return pool
}

describe('pool.describe()', () => {
  test('asks nobody, and knows the server after the first connection', async () => {
    const { url } = await temporaryDatabase()
    const { hostname, port, pathname, username } = new URL(url)
    const pool = poolForTest({ connectionString: url, name: 'shop' })
    const before = pool.describe()
    expect(pool.totalCount).toBe(0)
    expect(before).toMatchObject({ name: 'shop', database: pathname.slice(1), user: username, tls: 'off' })
    expect(before.servers).toEqual([
      { host: hostname, port: Number(port), role: 'unknown', version: undefined },
    ])
    await pool.query('SELECT 1')
    const [server] = pool.describe().servers
    const { rows } = await pool.query('SHOW server_version')
    expect(server).toMatchObject({ role: 'primary', version: rows[0].server_version })
    expect(pool.describe().pooler, 'a server is not taken for a pooler').toBeUndefined()
  })

  test('is frozen to its last part, plain, and reads as text', async () => {
    const { url } = await temporaryDatabase()
    const description = poolForTest({ connectionString: url, lock_timeout: 500 }).describe()
    const parts = [description, ...Object.values(description).filter(part => typeof part === 'object')]
    expect(parts.filter(part => !Object.isFrozen(part))).toEqual([])
    expect(JSON.parse(JSON.stringify(description)).size.max).toBe(description.size.max)
    expect(String(description)).toMatch(
      /^Pool "main": database .*\nTLS: off\nPooler: none known\nSize: at most/,
    )
    expect(String(description)).toContain('Server timeouts by startup parameters: lock_timeout = 500')
  })

  test('says why the pool is as large as it is', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'f')
    try {
      const { size, chosen } = poolForTest({ host: 'db.example.com' }).describe()
      expect(size).toMatchObject({ max: 5, because: 'serverless (AWS_LAMBDA_FUNCTION_NAME is set)' })
      expect(chosen).toEqual(['At most 5 connections: serverless (AWS_LAMBDA_FUNCTION_NAME is set).'])
    } finally {
      vi.unstubAllEnvs()
    }
  })

  test('tells what host and port of Supabase mean before anybody has connected', () => {
    const host = 'aws-0-eu-central-1.pooler.supabase.com'
    const description = poolForTest({ host, port: 6543, statement_timeout: 5_000 }).describe()
    expect(description).toMatchObject({
      tls: 'verified',
      pooler: { kind: 'Supavisor', mode: 'transaction', preparedStatements: false },
      size: { max: 10, because: "behind Supabase's pooler" },
      timeouts: { query: 5_000, server: { statement_timeout: '5000' }, serverBy: 'SET LOCAL' },
    })
    expect(description.chosen.join('\n')).toMatch(/Supavisor in transaction mode.*\n.*unnamed.*\n.*refused/)
    expect(poolForTest({ host, port: 5432 }).describe().chosen.join('\n')).toMatch(/within its pool size/)
  })

  test('repeats the warnings about what is not protected', () => {
    const description = poolForTest({ host: 'db.example.com', ssl: { rejectUnauthorized: false } }).describe()
    expect(description.tls).toBe('unverified')
    expect(description.warnings).toEqual([expect.stringContaining('the certificate is not verified')])
  })

  test('tells where results are kept', () => {
    const tables = { users: '5m', sessions: '1m' } as const
    expect(poolForTest({ host: 'localhost' }).describe().cache).toMatchObject({ where: 'off', tables: [] })
    expect(poolForTest({ host: 'localhost', cache: { tables } }).describe().cache).toMatchObject({
      where: 'memory',
      tables: ['users', 'sessions'],
    })
  })

  test('holds no secret', async () => {
    const description = poolForTest({
      connectionString: 'postgres://someone:hunter2@db.example.com/shop?sslmode=verify-ca',
      password: 'hunter3',
    }).describe()
    expect(description).toMatchObject({ tls: 'ca-verified', user: 'someone' })
    for (const shown of [JSON.stringify(description), String(description)])
      expect(shown).not.toMatch(/hunter/)
  })

  test.skipIf(findProgram('pgbouncer') === undefined)(
    'names a pooler that was noticed, how, and what to say about it',
    async () => {
      const { through } = await behindPgBouncer()
      const pool = through()
      // One of 1,000 connections does not show it.
      await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.1)')))
      const description = pool.describe()
      expect(description.pooler).toMatchObject({
        kind: 'unknown',
        mode: 'unknown',
        because: expect.stringContaining('none that a server can have'),
      })
      expect(description.warnings).toEqual([
        expect.stringContaining("Say pooler: 'session' or 'transaction'"),
      ])
      expect(description.servers[0]).toMatchObject({ version: expect.stringMatching(/^\d+/) })
    },
  )
})
