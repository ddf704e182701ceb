import { readdir, readFile } from 'node:fs/promises'
import { type PostgresServer, startPostgres } from '@holdfast/testkit'
import { doctor, type Finding } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixture } from './fixture.js'

/** What is said of the schema, not of the server that the test happens to run on. */
const CATEGORIES = ['integrity', 'indexes', 'security']
const DIGIS = new URL('../../../digis/migrations/', import.meta.url)

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

test('the schema of DIGIS has no error and no warning; its notes are those that were reviewed', async () => {
  const files = (await readdir(DIGIS)).filter(file => file.endsWith('.sql')).sort()
  const texts = await Promise.all(files.map(file => readFile(new URL(file, DIGIS), 'utf8')))
  const text = await report(...texts.filter(each => !each.startsWith('--! no-transaction')))
  expect(text).not.toMatch(/^(error|warning)/m)
  await expect(text).toMatchFileSnapshot('fixtures/schemas/digis.expected.txt')
})

// The last one: from here on the server has the roles of Supabase.
test('the findings in a project on Supabase are those that were reviewed', async () => {
  const text = await report(fixture('roles.sql'), fixture('schemas/supabase.sql'))
  await expect(text).toMatchFileSnapshot('fixtures/schemas/supabase.expected.txt')
})

async function report(...texts: readonly string[]): Promise<string> {
  const { url } = await server.createDatabase()
  const client = new pg.Client({ connectionString: url, application_name: 'psql' })
  await client.connect()
  try {
    for (const text of texts) await client.query(text)
    const { findings } = await doctor(client, { only: CATEGORIES, statisticsDays: 0, queryTimeout: '30s' })
    return findings.map(line).join('\n')
  } finally {
    await client.end()
  }
}

function line({ severity, id, object, evidence }: Finding): string {
  return `${severity} ${id} ${object}: ${evidence}`
}
