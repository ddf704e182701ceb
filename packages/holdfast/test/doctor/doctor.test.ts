import { newPassword, temporaryDatabase } from '@holdfast/testkit'
import {
  DOCTOR_CHECKS,
  type DoctorOptions,
  doctor,
  explainCheck,
  inspectMigrations,
  migrate,
  OptionsError,
  Pool,
} from 'holdfast'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { emptyDatabase, folderWith, write } from '../migrate/migration-folder.js'
import { as, found, session } from './sessions.js'

const { url } = await temporaryDatabase()

describe('the doctor reads only', () => {
  test('inside a transaction that the server keeps read-only, with limits, under a name of its own', async () => {
    const client = await session(url)
    const settings = [
      'transaction_read_only',
      'statement_timeout',
      'lock_timeout',
      'application_name',
      'search_path',
    ]
    const seen: unknown[] = []
    const spy = {
      async query(text: string, values?: unknown[]) {
        const result = await client.query(text, values)
        if (text.startsWith('SAVEPOINT'))
          for (const name of settings) seen.push((await client.query(`SHOW ${name}`)).rows[0][name])
        return result
      },
    }
    await doctor(spy, { only: ['I01'], queryTimeout: '700ms', lockTimeout: 50 })
    expect(seen).toEqual(['on', '700ms', '50ms', 'holdfast doctor', 'pg_catalog'])
  })

  test('and leaves the connection as it was', async () => {
    const client = await session(url, { application_name: 'mine' })
    const all = 'SELECT name, setting FROM pg_settings ORDER BY name'
    const before = (await client.query(all)).rows
    await doctor(client)
    expect((await client.query(all)).rows).toEqual(before)
    await client.query('CREATE TABLE writable ()')
  })
})

test('a connection inside a transaction is refused, and its transaction goes on', async () => {
  const client = await session(url)
  await client.query('BEGIN')
  await client.query('CREATE TABLE unfinished ()')
  await expect(doctor(client)).rejects.toMatchObject({ code: 'HOLDFAST_DOCTOR', retry: 'never' })
  await client.query('COMMIT')
  expect((await client.query("SELECT to_regclass('unfinished') IS NOT NULL AS there")).rows).toEqual([
    { there: true },
  ])
})

test('a check that lacks a privilege is skipped with the reason, and the others are made', async () => {
  const admin = await session(url)
  const password = newPassword()
  const role = `doctor_guest_${Math.random().toString(36).slice(2)}`
  await admin.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`)
  onTestFinished(async () => void (await admin.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)))
  await admin.query('CREATE TABLE entries (id bigint PRIMARY KEY, transfer_id bigint, amount bigint)')
  const guest = await session(as(url, role, password))
  const { skipped, passed } = await doctor(guest, { only: ['I24', 'I01', 'X02'] })
  expect(skipped).toEqual([
    { id: 'I24', name: 'ledger_out_of_balance', reason: `the role "${role}" may not read what it needs` },
  ])
  expect(passed).toContain('X02')
  await guest.end()
})

test('a check whose query takes too long is skipped with the reason, and the next one is made', async () => {
  const client = await session(url)
  const slow = {
    async query(text: string, values?: unknown[]) {
      return client.query(
        text.includes('WITH relations') && text.includes('uuid') ? 'SELECT pg_sleep(60)' : text,
        text.includes('uuid') ? undefined : values,
      )
    },
  }
  // Long enough for the other check on a busy machine.
  const { skipped, passed } = await doctor(slow, { only: ['X13', 'X02'], queryTimeout: 1_500 })
  expect(skipped).toEqual([{ id: 'X13', name: 'uuid_v4_pk', reason: 'a query took longer than 1500 ms' }])
  expect(passed).toEqual(['X02'])
})

test('a check that waits for a lock is skipped with the reason', async () => {
  const [client, holder] = [await session(url), await session(url)]
  await client.query('CREATE TABLE held_entries (id bigint PRIMARY KEY, transfer_id bigint, amount bigint)')
  await holder.query('BEGIN; LOCK TABLE held_entries')
  expect(await found(client, 'I24', { lockTimeout: '20ms' })).toEqual([
    'skipped: a query waited longer than 20 ms for a lock',
  ])
  await holder.query('ROLLBACK')
})

test('usage statistics younger than a week are not judged', async () => {
  const client = await session(url)
  expect(await found(client, 'X05')).toEqual([
    expect.stringMatching(/^skipped: it needs statistics of 7 days, and /),
  ])
  await client.query('SELECT pg_stat_reset()')
  expect(await found(client, 'X05')).toEqual([
    'skipped: it needs statistics of 7 days, and they are 0.0 days old',
  ])
  expect(await found(client, 'X05', { statisticsDays: 0 })).toEqual([])
})

test('system schemas, objects of extensions and other schemas than those asked for are left alone', async () => {
  const client = await session(url)
  await client.query(
    'CREATE SCHEMA one; CREATE SCHEMA two; CREATE TABLE one.keyless (); CREATE TABLE two.keyless ()',
  )
  expect(await found(client, 'I01', { schemas: ['one'] })).toEqual(['one.keyless'])
  expect(await found(client, 'I01', { schemas: ['pg_catalog', 'nowhere'] })).toEqual([])
  await client.query('CREATE EXTENSION hstore SCHEMA two')
  await client.query('ALTER EXTENSION hstore ADD TABLE two.keyless')
  expect(await found(client, 'I01', { schemas: ['two'] })).toEqual([])
})

test('names that need quotes, of any letters, are told as SQL takes them', async () => {
  const client = await session(url)
  const schema = `we"ird ✓ '; DROP SCHEMA public; --`
  await client.query(
    `CREATE SCHEMA ${pg.escapeIdentifier(schema)}; CREATE TABLE ${pg.escapeIdentifier(schema)}."Tab\nle" (status text, user_id int)`,
  )
  const { findings, skipped } = await doctor(client, { schemas: [schema] })
  const keyless = findings.find(({ id }) => id === 'I01')
  expect(skipped.filter(({ reason }) => reason.startsWith('the server answered'))).toEqual([])
  expect(keyless?.object).toBe(`${pg.escapeIdentifier(schema)}."Tab\nle"`)
  await client.query(keyless?.fix ?? '')
  expect(await found(client, 'I01', { schemas: [schema] })).toEqual([])
})

test('--only and --ignore take ids, names and categories, in any case; a finding can be ignored alone', async () => {
  const client = await session(url)
  const made = async (options: DoctorOptions) => Object.keys((await doctor(client, options)).millis)
  expect(await made({ only: ['i01', 'INVALID_INDEX'] })).toEqual(['I01', 'X02'])
  expect(await made({ only: ['integrity'], ignore: ['I01'] })).toHaveLength(25)
  expect(await made({})).toEqual(DOCTOR_CHECKS.map(({ id }) => id))
  await client.query('CREATE SCHEMA alone; CREATE TABLE alone.a (); CREATE TABLE alone.b ()')
  expect(await found(client, 'I01', { schemas: ['alone'], ignore: ['I01:alone.a'] })).toEqual(['alone.b'])
})

test.each<[string, unknown]>([
  ['only', ['nothing']],
  ['only', 'I01'],
  ['ignore', [7]],
  ['schemas', ['']],
  ['queryTimeout', 0],
  ['queryTimeout', 'soon'],
  ['statisticsDays', -1],
  ['maxFindings', 0],
  ['client', []],
  ['migrations', 'x'],
  ['unknown', 1],
])('the option %s: %j is refused before anything is asked', async (name, value) => {
  const nobody = { query: () => Promise.reject(new Error('asked')) }
  const error = await doctor(nobody, { [name]: value } as DoctorOptions).catch((cause: unknown) => cause)
  expect(error).toBeInstanceOf(OptionsError)
  expect((error as OptionsError).path).toBe(name)
})

test('a connection that is lost in the middle is an error, and the pool closes it', async () => {
  const pool = new Pool({ connectionString: url, max: 1 })
  onTestFinished(() => pool.end())
  const killer = {
    connect: async () => {
      const client = await pool.connect()
      const query = async (text: string, values?: unknown[]) =>
        client.query(
          text.includes('SAVEPOINT') ? 'SELECT pg_terminate_backend(pg_backend_pid())' : text,
          values,
        )
      return { query, release: (destroy?: boolean) => client.release(destroy) }
    },
    totalCount: 1,
  }
  await expect(doctor(killer)).rejects.toThrow()
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
})

test('a migration runner that fails skips its check alone, with its reason', async () => {
  const client = await session(url)
  const migrations = () => Promise.reject(new Error('no such folder'))
  expect(await found(client, 'I25', { migrations })).toEqual([
    'skipped: the migration runner failed: no such folder',
  ])
})

test('the history of migrations is left alone, and read: what never finished, what was changed since', async () => {
  const pool = await emptyDatabase()
  const directory = await folderWith({ '0001_notes.sql': 'CREATE TABLE notes (id bigint PRIMARY KEY)' })
  await migrate(pool, { directory })
  const ask = async (options: DoctorOptions = {}) => {
    const { findings, skipped } = await doctor(pool, {
      only: ['integrity', 'indexes'],
      ...options,
    })
    expect(skipped.filter(({ id }) => id === 'I25')).toEqual([])
    return findings.map(({ key }) => key)
  }
  const migrations = async () => (await inspectMigrations(pool, { directory })).problems
  expect([await ask(), await ask({ migrations })]).toEqual([[], []])
  await write(directory, { '0001_notes.sql': 'CREATE TABLE notes ()' })
  expect(await ask({ migrations })).toEqual(['I25:0001_notes.sql (changed)'])
  await pool.query('UPDATE holdfast.migrations SET finished_at = NULL, backend_pid = 1')
  expect(await ask()).toEqual(['I25:holdfast.migrations: 0001_notes.sql'])
})

test('every check can be explained by id and name', () => {
  expect(explainCheck('i01')).toMatchObject({
    id: 'I01',
    name: 'no_primary_key',
    severity: 'error',
    usage: false,
  })
  expect(explainCheck('unused_index')).toMatchObject({ id: 'X05', usage: true })
  expect(explainCheck('Z99')).toBeUndefined()
})
