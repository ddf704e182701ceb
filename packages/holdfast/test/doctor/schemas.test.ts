import { type PostgresServer, startPostgres } from '@holdfast/testkit'
import { type DoctorClient, type DoctorPool, doctor, type Finding, migrate, Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { fixture } from './fixture.js'

/** What is said of the schema, not of the server that the test happens to run on. */
const CATEGORIES = ['integrity', 'indexes', 'security']

const DIGIS = new URL('../../../digis/migrations/', import.meta.url)
const DIGIS_RLS = new URL('../../../digis/migrations-rls/', import.meta.url)

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})
afterAll(() => server[Symbol.asyncDispose]())

test('the findings in a schema as Ruby on Rails writes it are those that were reviewed', async () => {
  await expect(await report(fixture('schemas/rails.sql'))).toMatchFileSnapshot(
    'fixtures/schemas/rails.expected.txt',
  )
})

test('the findings in a legacy schema are those that were reviewed', async () => {
  await expect(await report(fixture('schemas/legacy.sql'))).toMatchFileSnapshot(
    'fixtures/schemas/legacy.expected.txt',
  )
})

test('the schema of DIGIS has no error; its warnings and notes are those that were reviewed', async () => {
  const { url } = await server.createDatabase()
  const pool = new Pool({ connectionString: url })
  onTestFinished(() => pool.end())
  await migrate(pool, { directory: DIGIS })
  const text = await examine(pool)
  expect(text).not.toMatch(/^error/m)
  await expect(text).toMatchFileSnapshot('fixtures/schemas/digis.expected.txt')
})

// The last ones: from here on the server has the roles of Supabase.
test('the findings in a project on Supabase are those that were reviewed', async () => {
  const text = await report(fixture('roles.sql'), fixture('schemas/supabase.sql'))
  await expect(text).toMatchFileSnapshot('fixtures/schemas/supabase.expected.txt')
})

test('the policies of DIGIS have no error; what is noted of them was reviewed', async () => {
  const { url } = await server.createDatabase()
  const pool = new Pool({ connectionString: url })
  onTestFinished(() => pool.end())
  await migrate(pool, { directory: DIGIS })
  const before = (await examine(pool)).split('\n')
  await migrate(pool, { directory: DIGIS_RLS, table: 'holdfast.rls', transaction: 'all' })
  const added = (await examine(pool)).split('\n').filter(each => !before.includes(each))
  expect(added.join('\n')).not.toMatch(/^error/m)
  await expect(added.join('\n')).toMatchFileSnapshot('fixtures/schemas/digis-rls.expected.txt')
})

async function report(...texts: readonly string[]): Promise<string> {
  const { url } = await server.createDatabase()
  const client = new pg.Client({ connectionString: url, application_name: 'psql' })
  await client.connect()
  try {
    for (const text of texts) await client.query(text)
    return await examine(client)
  } finally {
    await client.end()
  }
}

async function examine(database: DoctorClient | DoctorPool): Promise<string> {
  const { findings } = await doctor(database, { only: CATEGORIES, statisticsDays: 0, queryTimeout: '30s' })
  // Sessions are not the schema's.
  return findings
    .filter(({ id }) => id !== 'S22')
    .map(line)
    .join('\n')
}

function line({ severity, id, object, evidence }: Finding): string {
  return `${severity} ${id} ${object}: ${evidence}`
}
