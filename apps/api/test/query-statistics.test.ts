import { randomBytes } from 'node:crypto'
import net from 'node:net'
import { pipeline } from 'node:stream'
import { enableRowLevelSecurity, personIdentity } from '@holdfast/digis'
import { freePort } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type KeptQueryStatistics, keepQueryStatistics } from '../dist/keep-query-statistics.js'
import { migratedDatabase, type ServiceOn, serviceOn } from './support/service.js'
import { signToken } from './support/tokens.js'

let url: string
let owner: Pool
beforeAll(async () => {
  url = (await migratedDatabase()).url
  owner = new Pool({ connectionString: url, max: 2, name: 'tests' })
})
afterEach(() => owner.query('TRUNCATE query_statistics'))
afterAll(() => owner.end())

interface Kept {
  readonly source: string
  readonly calls: number
  readonly errors: number
}

async function kept(): Promise<Kept[]> {
  const text = `SELECT source, sum(calls)::int AS calls, sum(errors)::int AS errors
                  FROM query_statistics GROUP BY source ORDER BY calls`
  return (await owner.query<Kept>(text)).rows
}

/** How many calls the pool of a service has counted. */
async function countedBy(service: ServiceOn): Promise<number> {
  const token = await signToken({ role: 'service_role' })
  return (await service.call('GET /api/stats', { token })).body.queries.calls
}

describe('a service', () => {
  test('writes every call of its pool, at its pace and the rest when it stops', async () => {
    const service = await serviceOn(url, { QUERY_STATISTICS_INTERVAL: '1s' })
    await service.join({ is_creator: true })
    await expect.poll(kept).toHaveLength(1)
    await service.join()
    for (let i = 0; i < 3; i++) await service.call('GET /api/creators')
    const calls = await countedBy(service)
    await service.close()
    expect(calls).toBeGreaterThan(4)
    expect(await kept()).toMatchObject([{ calls, errors: 0 }])
    expect(service.log.join()).not.toContain('Query statistics')
  })

  test('and another one on the same database do not overwrite one another', async () => {
    const services = [await serviceOn(url), await serviceOn(url)]
    const counts = await Promise.all(
      services.map(async (service, index) => {
        for (let i = 0; i <= index; i++) await service.join()
        return countedBy(service)
      }),
    )
    await Promise.all(services.map(service => service.close()))
    expect((await kept()).map(({ calls }) => calls)).toEqual(counts)
  })

  test('writes nothing with QUERY_STATISTICS_INTERVAL=0', async () => {
    const service = await serviceOn(url, { QUERY_STATISTICS_INTERVAL: '0' })
    await service.join()
    await service.close()
    expect(await kept()).toEqual([])
  })

  test('without the table works and stops as ever, and says once that statistics may be lost', async () => {
    await owner.query('ALTER TABLE query_statistics RENAME TO elsewhere')
    const service = await serviceOn(url)
    await service.join()
    await service.close()
    await owner.query('ALTER TABLE elsewhere RENAME TO query_statistics')
    const warnings = service.log.map(line => JSON.parse(line)).filter(({ level }) => level >= 40)
    expect(warnings).toMatchObject([
      { msg: expect.stringContaining('may be lost'), error: { code: '42P01' } },
    ])
  })

  test('under row-level security writes as app_service, and nobody else may', async () => {
    const { url: guarded } = await migratedDatabase()
    const login = `api_${randomBytes(4).toString('hex')}`
    const admin = new Pool({ connectionString: guarded, max: 1 })
    await enableRowLevelSecurity(admin)
    await admin.query(`CREATE ROLE ${login} LOGIN NOINHERIT PASSWORD '${login}';
      GRANT anon, authenticated, app_service TO ${login}`)
    const asLogin = Object.assign(new URL(guarded), { username: login, password: login }).href
    const service = await serviceOn(asLogin, { DIGIS_RLS: 'on' })
    const { supabaseId } = await service.join()
    const calls = await countedBy(service)
    await service.close()
    const { rows } = await admin.query('SELECT sum(calls)::int AS calls FROM query_statistics')
    expect(rows).toEqual([{ calls }])
    const person = new Pool({ connectionString: asLogin, max: 1, rls: { roles: ['authenticated'] } })
    const reading = person.as(personIdentity(supabaseId)).query('SELECT FROM query_statistics')
    await expect(reading).rejects.toMatchObject({ code: '42501' })
    await person.end()
    await admin.query(`DROP OWNED BY ${login}; DROP ROLE ${login}`)
    await admin.end()
  })
})

describe('keeping the statistics of a pool', () => {
  let pool: Pool
  let looks: number
  let keeper: KeptQueryStatistics
  let lines: string[]

  function start(databaseUrl: string): void {
    const logger = pino({ base: null }, { write: line => lines.push(JSON.parse(line).msg) })
    const counting = {
      statementSnapshots: () => {
        looks += 1
        return pool.statementSnapshots()
      },
    }
    keeper = keepQueryStatistics({ pool: counting, databaseUrl, logger, everyMillis: 10 })
  }

  /** Resolves when it has tried a few more times. */
  const moreLooks = () => {
    const seen = looks
    return expect.poll(() => looks).toBeGreaterThan(seen + 3)
  }

  beforeEach(() => {
    looks = 0
    lines = []
    pool = new Pool({ connectionString: url, max: 1 })
  })
  afterEach(() => pool.end())

  const FAILED = 'Query statistics could not be written and are kept until they can'
  const AGAIN = 'Query statistics are written again'

  test.each([
    [
      'without its table',
      'ALTER TABLE query_statistics RENAME TO elsewhere',
      'ALTER TABLE elsewhere RENAME TO query_statistics',
    ],
    [
      'while the database is read-only',
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database()); END $$",
      "DO $$ BEGIN SET transaction_read_only = off; EXECUTE format('ALTER DATABASE %I RESET default_transaction_read_only', current_database()); END $$",
    ],
  ])('%s is told once, and once when it works again, and nothing is lost', async (_, breaks, mends) => {
    await owner.query(breaks)
    await pool.query('SELECT 1')
    start(url)
    await expect.poll(() => lines).toContain(FAILED)
    await moreLooks()
    await pool.query('SELECT 2')
    await moreLooks()
    await owner.query(mends)
    await expect.poll(() => lines).toContain(AGAIN)
    await keeper.end({ timeout: 5_000 })
    expect(lines.filter(line => line.startsWith('Query statistics'))).toEqual([FAILED, AGAIN])
    expect(await kept()).toMatchObject([{ calls: 2 }])
  })

  test('to a database that is away is told once, and nothing is lost when it is back', async () => {
    const port = await freePort()
    await pool.query('SELECT 1')
    start(Object.assign(new URL(url), { port: String(port) }).href)
    await expect.poll(() => lines).toContain(FAILED)
    await moreLooks()
    const target = new URL(url)
    const relay = net.createServer(near => {
      const far = net.connect(Number(target.port), target.hostname)
      pipeline(near, far, near, () => undefined)
    })
    relay.listen(port, '127.0.0.1')
    await expect.poll(() => lines).toContain(AGAIN)
    await keeper.end({ timeout: 5_000 })
    relay.close()
    expect(lines).toEqual([FAILED, AGAIN])
    expect(await kept()).toMatchObject([{ calls: 1 }])
  })

  test('that the database does not answer ends within its time, and says what may be lost', async () => {
    const client = await owner.connect()
    await client.query('BEGIN; LOCK TABLE query_statistics IN ACCESS EXCLUSIVE MODE')
    await pool.query('SELECT 1')
    start(url)
    await expect.poll(() => looks).toBe(1)
    await keeper.end({ timeout: 50 })
    expect(lines).toContain('The last query statistics could not be written and may be lost')
    await client.query('ROLLBACK')
    client.release()
  })
})
