import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { registerSecret } from './secrets.js'

/** A database that a test may do anything with. */
export interface TestDatabase {
  readonly name: string
  readonly url: string
  /** Drops the database and ends the connections to it. */
  drop(): Promise<void>
}

/**
 * Creates a database on the server of `adminUrl`.
 *
 * @param template a database to copy; nobody may be connected to it
 */
export async function createDatabase(adminUrl: string, template?: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString('hex')}`
  const copy = template === undefined ? '' : ` TEMPLATE ${pg.escapeIdentifier(template)}`
  await execute(adminUrl, `CREATE DATABASE ${name}${copy}`)
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  registerSecret(url.href)
  return {
    name,
    url: url.href,
    drop: () => execute(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  }
}

/** Runs one statement on a connection of its own. */
async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
