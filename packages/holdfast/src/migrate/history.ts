import { quoteIdentifier } from '../sql/identifier.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import type { MigrateSettings } from './options.js'
import type { AppliedMigration } from './plan.js'

/** What the history says of one file. */
export interface HistoryRow extends AppliedMigration {
  readonly finished: boolean
  /** Not finished, and the connection that began it is still open. */
  readonly running: boolean
  /** Finished a moment ago by a runner that is about to start the next file. */
  readonly continues: boolean
}

/** The name of the constraint that a COMMIT inside a file runs into. */
export const COMMIT_GUARD = 'fk_migrations_finished_before_commit'

/**
 * The table in which a database remembers its migrations. Each row is inserted before its file runs; a file that
 * runs in a transaction gets a guard, a deferred reference to a row that cannot exist, taken away when the file
 * is finished: a COMMIT inside the file therefore fails and everything is rolled back.
 */
export class History {
  readonly #settings: MigrateSettings
  readonly #table: string

  constructor(settings: MigrateSettings) {
    this.#settings = settings
    this.#table = settings.qualifiedTable
  }

  /** Creates the table where it is absent. Must run under the runners' lock. */
  async ensure(client: MigrationClient): Promise<void> {
    const exists = await this.#look(client)
    // Asked first: IF NOT EXISTS would demand the right to create even where nothing is to be created.
    if (!exists.schema) await client.query(`CREATE SCHEMA ${quoteIdentifier(this.#settings.schema)}`)
    if (!exists.table) await client.query(this.#definition())
  }

  /** What the database remembers; nothing where the table is absent. */
  async read(client: MigrationClient): Promise<readonly HistoryRow[]> {
    const exists = await this.#look(client)
    if (!exists.table) return []
    const { rows } = await client.query(`
      SELECT m.number, m.name, m.checksum, m.finished_at IS NOT NULL AS finished,
             m.finished_at IS NULL AND EXISTS (
               SELECT FROM pg_stat_activity AS a
                WHERE a.pid = m.backend_pid AND coalesce(a.backend_start, m.backend_start) = m.backend_start
             ) AS running,
             m.continues AND coalesce(m.finished_at > clock_timestamp() - interval '5 s', false) AS continues
        FROM ${this.#table} AS m ORDER BY m.number`)
    return rows as unknown as HistoryRow[]
  }

  /**
   * Records that a file is being run by this connection.
   *
   * @param continues whether the same run is going to apply another file after it
   */
  async begin(client: MigrationClient, file: MigrationFile, continues: boolean): Promise<void> {
    await client.query(
      `INSERT INTO ${this.#table} (number, name, checksum, backend_pid, backend_start, guard, continues)
       SELECT $1::integer, $2, $3, pg_backend_pid(), a.backend_start, $4::integer, $5::boolean
         FROM pg_stat_activity AS a WHERE a.pid = pg_backend_pid()`,
      [file.number, file.name, file.checksum, file.transactional ? -file.number : null, continues],
    )
  }

  /** Records that it is done. @returns false when {@link begin}'s row is gone: the file ended the transaction */
  async finish(client: MigrationClient, file: MigrationFile): Promise<boolean> {
    const { rows } = await client.query(
      `UPDATE ${this.#table} SET finished_at = clock_timestamp(), guard = NULL
        WHERE number = $1 AND finished_at IS NULL RETURNING number`,
      [file.number],
    )
    return rows.length === 1
  }

  /** Records that the run which applied this file ends here: whoever waits may go on. */
  async handOver(client: MigrationClient, number: number): Promise<void> {
    await client.query(`UPDATE ${this.#table} SET continues = false WHERE number = $1`, [number])
  }

  /** Forgets a file that was begun and not finished. */
  async abandon(client: MigrationClient, number: number): Promise<void> {
    await client.query(`DELETE FROM ${this.#table} WHERE number = $1 AND finished_at IS NULL`, [number])
  }

  async #look(client: MigrationClient): Promise<{ schema: boolean; table: boolean }> {
    const { schema, table } = this.#settings
    // From the tables: to_regclass() may answer from what this connection remembers of before the lock.
    const { rows } = await client.query(
      `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS schema,
              EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
                       WHERE n.nspname = $1 AND c.relname = $2) AS table`,
      [schema, table],
    )
    return { schema: rows[0]?.schema === true, table: rows[0]?.table === true }
  }

  #definition(): string {
    return `
      CREATE TABLE ${this.#table} (
        number integer PRIMARY KEY,
        name text NOT NULL,
        checksum text NOT NULL,
        backend_pid integer NOT NULL,
        backend_start timestamptz NOT NULL,
        started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        finished_at timestamptz,
        continues boolean NOT NULL,
        guard integer CONSTRAINT ${COMMIT_GUARD} REFERENCES ${this.#table} (number) DEFERRABLE INITIALLY DEFERRED
      )`
  }
}
