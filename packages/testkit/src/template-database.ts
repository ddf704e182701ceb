import pg from 'pg'
import { registerSecret } from './secrets.js'
import { sharedAdminUrl } from './temporary-database.js'

/**
 * A database of the shared server for {@link temporaryDatabase} to copy. Of all test files that ask for the name the first
 * one has it made, and the others wait; it ends with the server.
 *
 * @param prepare fills the empty database; when it throws, the next who asks tries anew
 * @returns the name of the database
 */
export async function templateDatabase(
  name: string,
  prepare: (url: string) => Promise<unknown>,
): Promise<string> {
  const adminUrl = await sharedAdminUrl()
  const database = `template_${name}`
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'holdfast template' })
  await client.connect()
  try {
    // For the session: it ends with the connection, however that ends.
    await client.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [database])
    if (!(await isReady(client, database))) await make(client, { database, adminUrl, prepare })
  } finally {
    await client.end()
  }
  return database
}

/** What was begun and not finished is no template yet. */
async function isReady(client: pg.Client, database: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1 AND datistemplate', [
    database,
  ])
  return rowCount === 1
}

interface Making {
  readonly database: string
  readonly adminUrl: string
  readonly prepare: (url: string) => Promise<unknown>
}

async function make(client: pg.Client, { database, adminUrl, prepare }: Making): Promise<void> {
  const name = pg.escapeIdentifier(database)
  await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await client.query(`CREATE DATABASE ${name}`)
  const url = new URL(adminUrl)
  url.pathname = `/${database}`
  registerSecret(url.href)
  await prepare(url.href)
  // Nobody can be in it when it is copied.
  await client.query(`ALTER DATABASE ${name} IS_TEMPLATE true ALLOW_CONNECTIONS false`)
}
