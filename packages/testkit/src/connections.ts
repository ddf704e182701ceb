import pg from 'pg'
import type { TemporaryDatabase } from './temporary-database.js'

/** A connection that some client has open, as the server sees it. */
export interface Connection {
  readonly pid: number
  readonly database: string
  readonly application: string
  readonly state: string
  /** The beginning of its latest statement. */
  readonly query: string
}

const QUERY = `
  SELECT pid, datname AS database, application_name AS application, coalesce(state, 'starting') AS state,
         left(regexp_replace(query, '\\s+', ' ', 'g'), 80) AS query
  FROM pg_stat_activity
  WHERE datname = ANY($1) AND pid <> pg_backend_pid()
  ORDER BY backend_start`

/** Looks at the connections to temporary databases, over one connection of its own to another database. */
export class ConnectionWatch {
  #client: Promise<pg.Client> | undefined

  /** The connections to these databases, oldest first. All of them must lie on one server. */
  async list(databases: readonly TemporaryDatabase[]): Promise<Connection[]> {
    const [first] = databases
    if (!first) return []
    this.#client ??= connect(first.adminUrl)
    const client = await this.#client
    const { rows } = await client.query<Connection>(QUERY, [databases.map(({ name }) => name)])
    return rows
  }

  async close(): Promise<void> {
    const client = await this.#client
    this.#client = undefined
    await client?.end()
  }
}

/** A client of its own, outside of every pool under test. */
async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, application_name: 'holdfast leak check' })
  await client.connect()
  return client
}
