import type { MigrationClient } from '../migration-client.js'
import { type Blocks, describeMode, strengthOf } from './lock-mode.js'

/** A lock that a statement takes on a table, and that is held until its transaction ends. */
export interface StatementLock {
  /** Schema and name, quoted where needed. */
  readonly relation: string
  /** In the words of the manual: `ACCESS EXCLUSIVE`. */
  readonly mode: string
  readonly blocks: Blocks
  /** Whether the statement writes the whole table anew. */
  readonly rewrites: boolean
}

interface Seen {
  /** The file of each table on disk, by oid: another one means that the table was written anew. */
  readonly files: ReadonlyMap<string, string>
  readonly locks: ReadonlySet<string>
}

const TABLES = `
SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS name, c.relfilenode::text AS file
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`

const LOCKS = `
SELECT l.relation::text AS oid, l.mode FROM pg_locks AS l
 WHERE l.pid = $1 AND l.locktype = 'relation'
   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

/** Tells which locks a connection has come to hold, or waits for, from one look to the next. */
export class LockObserver {
  readonly #client: MigrationClient
  readonly #pid: number
  /** Names stay known when their tables are dropped. */
  readonly #names = new Map<string, string>()
  #last: Seen = { files: new Map(), locks: new Set() }

  /**
   * @param client the connection that looks: the observed one itself, or another of the same database
   * @param pid the server process of the observed one
   */
  constructor(client: MigrationClient, pid: number) {
    this.#client = client
    this.#pid = pid
  }

  /** Notes what there is before the first statement, or before one that begins another transaction. */
  async begin(): Promise<void> {
    this.#last = await this.#look()
  }

  /** The locks that are new since the last look, the strongest first. */
  async next(): Promise<readonly StatementLock[]> {
    const before = this.#last
    const now = await this.#look()
    this.#last = now
    const added = [...now.locks].filter(lock => !before.locks.has(lock)).map(lock => lock.split(' '))
    return added
      .flatMap(([oid = '', mode = '']) => {
        const relation = this.#names.get(oid)
        const file = before.files.get(oid)
        // Nobody waits for a table that nobody can see yet.
        if (relation === undefined || file === undefined) return []
        const rewrites = now.files.has(oid) && now.files.get(oid) !== file
        return [{ relation, ...describeMode(mode), rewrites }]
      })
      .sort((a, b) => strengthOf(b.mode) - strengthOf(a.mode) || (a.relation < b.relation ? -1 : 1))
  }

  async #look(): Promise<Seen> {
    const tables = (await this.#client.query(TABLES)).rows as { oid: string; name: string; file: string }[]
    for (const { oid, name } of tables) this.#names.set(oid, name)
    const { rows } = await this.#client.query(LOCKS, [this.#pid])
    return {
      files: new Map(tables.map(({ oid, file }) => [oid, file])),
      locks: new Set(rows.map(row => `${row.oid} ${row.mode}`)),
    }
  }
}
