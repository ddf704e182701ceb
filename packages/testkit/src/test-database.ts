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
  await onConnection(adminUrl, async client => {
    await client.query(`CREATE DATABASE ${name}${copy}${await strategyOf(client)}`)
  })
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  registerSecret(url.href)
  return {
    name,
    url: url.href,
    drop: () =>
      onConnection(adminUrl, async client => {
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
      }),
  }
}

/** Where nothing waits for a disk, copying files takes less time than writing each page to the WAL. */
async function strategyOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query(
    "SELECT current_setting('server_version_num')::int >= 150000 AND current_setting('fsync') = 'off' AS offered",
  )
  return rows[0].offered ? ' STRATEGY file_copy' : ''
}

async function onConnection(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
