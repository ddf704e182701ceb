import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createDigis, type Digis } from '@holdfast/digis'
import { findProgram, temporaryDatabase } from '@holdfast/testkit'
import { migrate, Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { checkHardening } from '../long/hardening/check.mjs'
import { describeSchema } from '../long/hardening/fingerprint.mjs'
import { createOldDatabase, SHAPES } from '../long/hardening/old-database.mjs'
import { applyHardening, FILE } from '../long/hardening/psql.mjs'

const MIGRATIONS = fileURLToPath(new URL('../../packages/digis/migrations/', import.meta.url))

/** `sessions.status` of the old platform is nothing that DIGIS knows, and stays. */
const isOurs = (line: string) => !line.startsWith('column | sessions | status ')

async function schemaOf(url: string): Promise<string[]> {
  return (await describeSchema(url)).filter(isOurs)
}

const open: Digis[] = []

afterAll(async () => {
  await Promise.all(open.map(digis => digis.end()))
})

function newDigisOn(url: string): Digis {
  const digis = createDigis({ connectionString: url })
  open.push(digis)
  return digis
}

let fresh: Promise<string[]> | undefined

/** The schema that the migrations up to 0029, for which the file stands, make of an empty database. */
function freshSchema(): Promise<string[]> {
  fresh ??= migratedSchema()
  return fresh
}

async function migratedSchema(): Promise<string[]> {
  const { url } = await temporaryDatabase()
  const directory = mkdtempSync(join(tmpdir(), 'migrations-'))
  const pool = new Pool({ connectionString: url })
  try {
    for (const name of readdirSync(MIGRATIONS).filter(each => each < '0030'))
      copyFileSync(join(MIGRATIONS, name), join(directory, name))
    await migrate(pool, { directory })
  } finally {
    await pool.end()
    rmSync(directory, { recursive: true })
  }
  return schemaOf(url)
}

let newest: Promise<string[]> | undefined

/** The schema that all migrations make of an empty database. */
function newestSchema(): Promise<string[]> {
  newest ??= fullyMigratedSchema()
  return newest
}

async function fullyMigratedSchema(): Promise<string[]> {
  const { url } = await temporaryDatabase()
  await newDigisOn(url).addMissingColumns()
  return schemaOf(url)
}

async function oldDatabase(shape: string): Promise<string> {
  const { url } = await temporaryDatabase()
  await createOldDatabase(url, shape)
  return url
}

const hardened = new Map<string, Promise<{ url: string; code: number | null; output: string }>>()

/** An old database that the file has been applied to, with quarantine; for all tests that only look at it. */
function hardenedDatabase(shape: string) {
  const known = hardened.get(shape)
  if (known !== undefined) return known
  const made = oldDatabase(shape).then(async url => ({
    url,
    ...(await applyHardening(url, { quarantine: 'on' }).ended),
  }))
  hardened.set(shape, made)
  return made
}

/** A connection that the test may leave in any state. */
async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}

async function read(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

describe.skipIf(findProgram('psql') === undefined)('the file for psql', () => {
  test('makes of an empty database what the migrations make of it, and nothing more the second time', async () => {
    const { url } = await temporaryDatabase()
    expect(await applyHardening(url).ended).toMatchObject({ code: 0 })
    expect(await schemaOf(url)).toEqual(await freshSchema())
    const before = await read(url, 'SELECT oid, relname, relfilenode FROM pg_class ORDER BY 1')
    expect(await applyHardening(url).ended).toMatchObject({ code: 0 })
    const after = await read(url, 'SELECT oid, relname, relfilenode FROM pg_class ORDER BY 1')
    const publicly = (rows: typeof before) =>
      rows.filter(({ relname }) => /^(users|sessions|payments|idx_|uq_|creator)/.test(String(relname)))
    expect(publicly(after)).toEqual(publicly(before))
  })

  test.each(SHAPES)('makes the same of the old shape %s', async shape => {
    const { url, code } = await hardenedDatabase(shape)
    expect(code).toBe(0)
    expect(await schemaOf(url)).toEqual(await freshSchema())
    const schemas = await read(url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'digis%'")
    expect(schemas).toEqual([{ nspname: 'digis_quarantine' }])
  })

  test('reports rows that break a rule, changes none of them, enforces the rule for new ones, and fails', async () => {
    const url = await oldDatabase('old-integers')
    const { code, output } = await applyHardening(url).ended
    expect(code).toBe(3)
    expect(output).toContain('1 rows of sessions break fk_sessions_fan; keys: 5')
    expect(output).toContain('ERROR:  The schema is not complete yet:')
    const rows = await read(url, 'SELECT amount, status FROM payments WHERE id IN (4, 10) ORDER BY id')
    expect(rows).toEqual([
      { amount: '-5.00', status: 'paid' },
      { amount: '4.00', status: 'who knows' },
    ])
    const client = await connect(url)
    const insert = client.query('INSERT INTO payments (session_id, amount) VALUES (1, -1)')
    await expect(insert).rejects.toMatchObject({ constraint: 'chk_payments_amount' })
    // What was mended by hand is enough to go on.
    await client.query('UPDATE digis_quarantine.findings SET samples = samples')
    expect(await applyHardening(url, { quarantine: 'on' }).ended).toMatchObject({ code: 0 })
  })

  test('loses nothing: every row is in its table or, as it was, in the quarantine', async () => {
    const { url } = await hardenedDatabase('old-integers')
    const kept = await read(url, 'SELECT id, amount, tip, status FROM payments ORDER BY id')
    expect(kept).toEqual([
      { id: '1', amount: '10.01', tip: '0.00', status: 'completed' },
      { id: '2', amount: '20.00', tip: '1.50', status: 'completed' },
      { id: '3', amount: '30.00', tip: '0.00', status: 'pending' },
    ])
    const all = await read(
      url,
      `SELECT id FROM payments UNION SELECT (original ->> 'id')::bigint FROM digis_quarantine.rows
        WHERE table_name = 'payments' AND action = 'moved' ORDER BY 1`,
    )
    expect(all.map(row => Number(row.id))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const amounts = await read(
      url,
      `SELECT original ->> 'amount' AS amount FROM digis_quarantine.rows
        WHERE table_name = 'payments' AND reason = 'type of a column' ORDER BY (original ->> 'id')::int`,
    )
    expect(amounts).toEqual([{ amount: '10.005' }, { amount: '1000000000000' }])
    expect(await read(url, 'SELECT count(*)::int AS users FROM users')).toEqual([{ users: 5 }])
  })

  test('keeps the definitions of indexes that go with an old column', async () => {
    const url = await oldDatabase('old-integers')
    const { output } = await applyHardening(url, { quarantine: 'on' }).ended
    expect(output).toContain(
      'sessions_creator_idx goes with an old column of public.sessions; it was: CREATE INDEX',
    )
    const text =
      "SELECT original ->> 'name' AS name FROM digis_quarantine.rows WHERE reason LIKE 'definition%'"
    expect(await read(url, text)).toEqual([{ name: 'sessions_creator_idx' }])
  })

  test('reads times without a zone in the zone that it is told', async () => {
    const url = await oldDatabase('old-integers')
    await applyHardening(url, { quarantine: 'on', timezone: 'America/New_York' }).ended
    const rows = await read(url, 'SELECT start_time FROM sessions WHERE id = 2')
    expect(rows).toEqual([{ start_time: new Date('2024-05-01T14:00:00Z') }])
  })

  test('goes on with the numbers of the old sequences', async () => {
    const { url } = await hardenedDatabase('old-integers')
    const text = "INSERT INTO sessions (creator_id, fan_id, type) VALUES (1, 2, 'text') RETURNING id"
    expect(await read(url, text)).toEqual([{ id: '7' }])
  })

  test('builds an index anew that a killed build has left invalid', async () => {
    const url = await oldDatabase('old-uuids')
    const client = await connect(url)
    await client.query('CREATE INDEX idx_payments_creator_id ON payments (session_id)')
    await client.query(
      "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_payments_creator_id'::regclass",
    )
    expect(await applyHardening(url, { quarantine: 'on' }).ended).toMatchObject({ code: 0 })
    const { rows } = await client.query('SELECT count(*)::int AS invalid FROM pg_index WHERE NOT indisvalid')
    expect(rows).toEqual([{ invalid: 0 }])
    expect(await schemaOf(url)).toEqual(await freshSchema())
  })

  test('reads no table under a lock that others mind, and rewrites none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hardening-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const talkative = join(folder, 'talkative.sql')
    const quiet = 'SET client_min_messages = warning'
    writeFileSync(talkative, readFileSync(FILE, 'utf8').replace(quiet, 'SET client_min_messages = debug1'))
    const url = await oldDatabase('old-integers')
    const { code, output } = await applyHardening(url, { quarantine: 'on', ECHO: 'queries' }, talkative).ended
    const count = (pattern: RegExp) => [...output.matchAll(pattern)].length
    expect([code, count(/rewriting table "/g)]).toEqual([0, 0])
    // VALIDATE, which others do not mind, is the only one that reads: in the live schema, and in the scratch schema.
    const validations = count(/^CALL digis_hardening\.validate\('/gm) + count(/^ALTER TABLE \w+ VALIDATE/gm)
    expect(validations).toBeGreaterThan(30)
    expect(count(/verifying table "|validating foreign key constraint "/g)).toBe(validations)
    expect(count(/are sufficient to prove that it does not contain nulls/g)).toBeGreaterThan(20)
  })

  test('waits for a long transaction without making others wait for it', async () => {
    const url = await oldDatabase('old-integers')
    const holder = await connect(url)
    await holder.query("BEGIN; UPDATE users SET bio = 'held' WHERE id = 1")
    const run = applyHardening(url, { quarantine: 'on' })
    const other = await connect(url)
    await other.query("SET statement_timeout = '2s'")
    const seesWaiting = async () =>
      (await read(url, "SELECT FROM pg_stat_activity WHERE query LIKE 'CALL digis_hardening.apply%users%'"))
        .length > 0
    await expect.poll(seesWaiting).toBe(true)
    for (let n = 0; n < 20; n++)
      await other.query('INSERT INTO users (supabase_id) VALUES (gen_random_uuid()::text)')
    await holder.query('COMMIT')
    expect(await run.ended).toMatchObject({ code: 0 })
    expect(await read(url, 'SELECT count(*)::int AS users FROM users')).toEqual([{ users: 25 }])
  })

  test('works on the schema that the search_path begins with, whatever its name', async () => {
    const { url } = await temporaryDatabase()
    const client = await connect(url)
    await client.query('CREATE SCHEMA "My ""own"" place"')
    const there = `${url}?options=${encodeURIComponent('-csearch_path="My\\ ""own""\\ place"')}`
    expect(await applyHardening(there).ended).toMatchObject({ code: 0 })
    const { rows } = await client.query('SELECT DISTINCT schemaname FROM pg_indexes WHERE tablename = $1', [
      'users',
    ])
    expect(rows).toEqual([{ schemaname: 'My "own" place' }])
  })

  test('refuses a type that it cannot convert before it changes any', async () => {
    const url = await oldDatabase('old-integers')
    await read(
      url,
      'ALTER TABLE users ALTER COLUMN is_creator DROP DEFAULT, ALTER COLUMN is_creator TYPE text',
    )
    const { code, output } = await applyHardening(url, { quarantine: 'on' }).ended
    expect(code).toBe(3)
    expect(output).toContain(
      'Column is_creator of users is of type text, and there is no safe way from there to boolean.',
    )
    expect(
      await read(url, "SELECT count(*)::int AS triggers FROM pg_trigger WHERE tgname LIKE 'zzz%'"),
    ).toEqual([{ triggers: 0 }])
  })

  test.each([
    ['an unknown zone', { timezone: "Mars'; DROP TABLE users; --" }, 'time zone'],
    ['a quarantine that is neither on nor off', { quarantine: 'perhaps' }, 'boolean'],
  ])('refuses %s and does nothing', async (_, variables, problem) => {
    const url = await oldDatabase('old-integers')
    const before = await describeSchema(url)
    const { code, output } = await applyHardening(url, variables).ended
    expect([code, output]).toEqual([3, expect.stringContaining(problem)])
    expect(await describeSchema(url)).toEqual(before)
  })

  test('leaves a database alone that later migrations have been applied to', async () => {
    const { url } = await temporaryDatabase()
    await newDigisOn(url).addMissingColumns()
    await read(url, 'ALTER TABLE users DROP CONSTRAINT chk_users_bio')
    const { code, output } = await applyHardening(url).ended
    expect([code, output]).toEqual([
      3,
      expect.stringMatching(/Migration \d+ has been applied to this database: it is newer than this file/),
    ])
    expect(await read(url, "SELECT FROM pg_constraint WHERE conname = 'chk_users_bio'")).toEqual([])
  })

  test('leaves the database to another run that is at it', async () => {
    const url = await oldDatabase('old-integers')
    const other = await connect(url)
    await other.query("SELECT pg_advisory_lock(hashtextextended('digis.hardening', 0))")
    const { code, output } = await applyHardening(url).ended
    expect([code, output]).toEqual([
      3,
      expect.stringContaining('Another hardening of this database is running.'),
    ])
  })

  test('killed at seeded moments under load, it ends in the same schema; no statement of the load fails', async () => {
    const report = await checkHardening({
      database: async () => (await temporaryDatabase()).url,
      sessions: 2_000,
      kills: 3,
      clients: 2,
      seed: 1,
      pauseSeconds: 0.8,
      tell: () => {},
    })
    expect({ ...report, load: report.load.failures, code: report.last.code }).toMatchObject({
      code: 0,
      load: [],
      missing: [],
      extra: [],
    })
    expect(report.load.statements).toBeGreaterThan(0)
  })
})

describe('addMissingColumns', () => {
  test('adopts a database of the old platform once, however many processes start at the same time', async () => {
    const url = await oldDatabase('old-uuids')
    const all = [newDigisOn(url), newDigisOn(url)] as const
    await Promise.all(all.map(digis => digis.addMissingColumns({ quarantine: true })))
    expect(await schemaOf(url)).toEqual(await newestSchema())
    expect(await all[0].addMissingColumns()).toMatchObject({ applied: [] })
  })

  test('leaves people the names that the old platform gave them, mended, and finds them by these', async () => {
    const digis = newDigisOn(await oldDatabase('old-uuids'))
    await digis.addMissingColumns({ quarantine: true })
    const none = { display_name: null, username: null }
    expect(await Promise.all([1, 2, 3].map(id => digis.getUserById(id)))).toMatchObject([
      { display_name: 'Ana', username: 'ana' },
      none,
      none,
    ])
    expect((await digis.searchCreators('ana')).rows).toMatchObject([{ id: 1, display_name: 'Ana' }])
  })

  test('goes on where a process was ended, at any statement', async () => {
    const url = await oldDatabase('old-integers')
    let statements = 0
    for (let end = 5; ; end += 30) {
      const digis = newDigisOn(url)
      let left = end
      const onStatement = () => {
        statements += 1
        left -= 1
        if (left === 0) throw new Error('ended here')
      }
      const error = await digis.addMissingColumns({ quarantine: true, onStatement }).then(
        () => undefined,
        error => error,
      )
      if (error === undefined) break
      expect(error).toMatchObject({ message: 'ended here' })
    }
    expect(statements).toBeGreaterThan(90)
    expect(await schemaOf(url)).toEqual(await newestSchema())
  })

  test('says which rows keep the schema from being complete, and changes none without being told', async () => {
    const url = await oldDatabase('old-integers')
    const digis = newDigisOn(url)
    await expect(digis.addMissingColumns()).rejects.toMatchObject({
      code: 'DIGIS_DIRTY_ROWS',
      message: expect.stringMatching(
        /payments: 1 of chk_payments_amount.*Still missing: .*chk_payments_amount/,
      ),
    })
    expect(await read(url, 'SELECT count(*)::int AS payments FROM payments')).toEqual([{ payments: 10 }])
    await digis.addMissingColumns({ quarantine: true })
    await digis.atomicTokenUpdate(1, 5, 'add')
    expect(await digis.getTokenBalance(1)).toBe(5)
  })
})
