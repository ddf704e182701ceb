import { ensureHistory, laterColumns, lookAtHistory } from './history-table.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import type { HistoryLocation } from './options.js'
import type { AppliedMigration } from './plan.js'

/** What the history says of one file. */
export interface HistoryRow extends AppliedMigration {
  readonly finished: boolean
  /** Not finished, and the connection that began it is still open. */
  readonly running: boolean
  /** Finished a moment ago by a runner that is about to start the next file. */
  readonly continues: boolean
  /** Recorded by `baseline`, never run here. */
  readonly baseline: boolean
  readonly failed: boolean
  /** The SQLSTATE of the failure, when the server gave one. */
  readonly failure: string | null
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly finishedAt: number | null
  readonly backendPid: number
  readonly fingerprint: string | null
}

/** The connection on which an attempt is made, and what was there before. */
export interface Attempt {
  readonly backendPid: number
  /** Whether an earlier attempt began and did not finish. */
  readonly again: boolean
  /** The oids of the indexes that were there before the first attempt; absent for a file in a transaction. */
  readonly indexesBefore: readonly number[] | null
}

/**
 * The table in which a database remembers its migrations. Each row is inserted before its file runs; a file that
 * runs in a transaction gets a guard, a deferred reference to a row that cannot exist, taken away when the file
 * is finished: a COMMIT inside the file therefore fails and everything is rolled back.
 */
export class History {
  readonly #location: HistoryLocation
  readonly #table: string

  constructor(location: HistoryLocation) {
    this.#location = location
    this.#table = location.qualifiedTable
  }

  /** Creates the table where it is absent, and brings an older one up to date. Must run under the runners' lock. */
  async ensure(client: MigrationClient): Promise<void> {
    await ensureHistory(client, this.#location)
  }

  /** What the database remembers; nothing where the table is absent. */
  async read(client: MigrationClient): Promise<readonly HistoryRow[]> {
    const shape = await lookAtHistory(client, this.#location)
    if (!shape.table) return []
    const later = laterColumns(shape, ['breaking', 'baseline', 'failed_at', 'failure', 'fingerprint'])
    const { rows } = await client.query(`
      SELECT number, name, checksum, finished_at IS NOT NULL AS finished, breaking, failure, fingerprint,
             coalesce(baseline, false) AS baseline,
             finished_at IS NULL AND failed_at IS NOT NULL AS failed,
             finished_at IS NULL AND failed_at IS NULL AND EXISTS (
               SELECT FROM pg_stat_activity AS a
                WHERE a.pid = backend_pid AND coalesce(a.backend_start, h.backend_start) = h.backend_start
             ) AS running,
             continues AND coalesce(finished_at > clock_timestamp() - interval '5 s', false) AS continues,
             (extract(epoch FROM started_at) * 1000)::float8 AS "startedAt",
             (extract(epoch FROM finished_at) * 1000)::float8 AS "finishedAt", backend_pid AS "backendPid"
        FROM (SELECT m.number, m.name, m.checksum, m.backend_pid, m.backend_start, m.started_at, m.finished_at,
                     m.continues, ${later}
                FROM ${this.#table} AS m) AS h
       ORDER BY number`)
    return rows as unknown as HistoryRow[]
  }

  /**
   * Records that a file is being run by this connection, or that it is run again after an attempt that did not finish.
   *
   * @param continues whether the same run is going to apply another file after it
   */
  async begin(client: MigrationClient, file: MigrationFile, continues: boolean): Promise<Attempt> {
    const { rows } = await client.query(
      `INSERT INTO ${this.#table} AS m
              (number, name, checksum, backend_pid, backend_start, guard, continues, breaking, indexes_before)
       SELECT $1::integer, $2, $3, pg_backend_pid(), a.backend_start, $4::integer, $5::boolean, $6::boolean,
              CASE WHEN $4 IS NULL THEN ARRAY(SELECT indexrelid FROM pg_index) END
         FROM pg_stat_activity AS a WHERE a.pid = pg_backend_pid()
           ON CONFLICT (number) DO UPDATE
          SET name = excluded.name, checksum = excluded.checksum, backend_pid = excluded.backend_pid,
              backend_start = excluded.backend_start, guard = excluded.guard, continues = excluded.continues,
              breaking = excluded.breaking, started_at = clock_timestamp(), failed_at = NULL, failure = NULL,
              indexes_before = CASE WHEN $4 IS NULL THEN coalesce(m.indexes_before, excluded.indexes_before) END
        WHERE m.finished_at IS NULL
       RETURNING m.backend_pid AS "backendPid", m.xmax::text <> '0' AS again, m.indexes_before::text[] AS indexes`,
      [
        file.number,
        file.name,
        file.checksum,
        file.transactional ? -file.number : null,
        continues,
        file.breaking,
      ],
    )
    const { backendPid, again, indexes } = rows[0] as {
      backendPid: number
      again: boolean
      indexes: string[] | null
    }
    return { backendPid, again, indexesBefore: indexes?.map(Number) ?? null }
  }

  /** Records that it is done. @returns false when {@link begin}'s row is gone: the file ended the transaction */
  async finish(client: MigrationClient, file: MigrationFile): Promise<boolean> {
    const { rows } = await client.query(
      `UPDATE ${this.#table} SET finished_at = clock_timestamp(), guard = NULL, indexes_before = NULL
        WHERE number = $1 AND finished_at IS NULL RETURNING number`,
      [file.number],
    )
    return rows.length === 1
  }

  /** Records that an attempt outside a transaction has failed: what it left behind is cleared away by the next one. */
  async fail(client: MigrationClient, number: number, sqlState: string | undefined): Promise<void> {
    await client.query(
      `UPDATE ${this.#table} SET failed_at = clock_timestamp(), failure = $2
        WHERE number = $1 AND finished_at IS NULL`,
      [number, sqlState ?? null],
    )
  }

  /** Records that the run which applied this file ends here: whoever waits may go on. */
  async handOver(client: MigrationClient, number: number): Promise<void> {
    await client.query(`UPDATE ${this.#table} SET continues = false WHERE number = $1`, [number])
  }

  /** Forgets an attempt that was begun and not finished; one that has been made since stays. */
  async abandon(
    client: MigrationClient,
    { number, backendPid }: Pick<HistoryRow, 'number' | 'backendPid'>,
  ): Promise<void> {
    await client.query(
      `DELETE FROM ${this.#table} WHERE number = $1 AND finished_at IS NULL AND backend_pid = $2`,
      [number, backendPid],
    )
  }

  /** Takes a file as it is now for the one that was applied. */
  async accept(client: MigrationClient, file: MigrationFile): Promise<void> {
    await client.query(
      `UPDATE ${this.#table} SET name = $2, checksum = $3, breaking = $4 WHERE number = $1 AND finished_at IS NOT NULL`,
      [file.number, file.name, file.checksum, file.breaking],
    )
  }

  /** Records a file as applied that was never run here. */
  async record(client: MigrationClient, file: MigrationFile): Promise<void> {
    await client.query(
      `INSERT INTO ${this.#table}
              (number, name, checksum, backend_pid, backend_start, finished_at, continues, breaking, baseline)
       VALUES ($1, $2, $3, pg_backend_pid(), now(), clock_timestamp(), false, $4, true)`,
      [file.number, file.name, file.checksum, file.breaking],
    )
  }

  /** The oids of the indexes that were there before the first attempt of a file, where that is known. */
  async indexesBefore(client: MigrationClient, number: number): Promise<readonly number[] | null> {
    const { rows } = await client.query(
      `SELECT indexes_before::text[] AS indexes FROM ${this.#table} WHERE number = $1`,
      [number],
    )
    return (rows[0]?.indexes as string[] | null | undefined)?.map(Number) ?? null
  }
}
