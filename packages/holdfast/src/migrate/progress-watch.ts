import type { MigrationClient, MigrationPool } from './migration-client.js'
import type { CommandProgress, MigrateSettings } from './options.js'

/** The progress views of PostgreSQL, each told in the same words; what the view of a command counts differs. */
const PROGRESS = `
SELECT p.command, p.relid::regclass::text AS table, p.phase,
       CASE WHEN p.total > 0 THEN least(p.done / p.total, 1)::float8 END AS fraction
  FROM (
    SELECT pid, command, relid, phase,
           CASE WHEN blocks_total > 0 THEN blocks_done ELSE coalesce(nullif(tuples_done, 0), lockers_done) END::numeric AS done,
           CASE WHEN blocks_total > 0 THEN blocks_total ELSE coalesce(nullif(tuples_total, 0), lockers_total) END::numeric AS total
      FROM pg_stat_progress_create_index
     UNION ALL
    SELECT pid, 'VACUUM', relid, phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_vacuum
     UNION ALL
    SELECT pid, command, relid, phase, heap_blks_scanned, heap_blks_total FROM pg_stat_progress_cluster
     UNION ALL
    SELECT pid, 'ANALYZE', relid, phase, sample_blks_scanned, sample_blks_total FROM pg_stat_progress_analyze
  ) AS p
 WHERE p.pid = $1 LIMIT 1`

/** Asks PostgreSQL every now and then how far a file is, and tells it as progress. */
export class ProgressWatch {
  readonly #pool: MigrationPool
  readonly #settings: MigrateSettings
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<void> | undefined
  #last = ''

  constructor(pool: MigrationPool, settings: MigrateSettings) {
    this.#pool = pool
    this.#settings = settings
  }

  /** Begins to ask about a connection; does nothing where nobody wants to know. Failures are no reason to stop it. */
  begin(file: string, backendPid: number): void {
    const { watchIntervalMillis } = this.#settings
    if (watchIntervalMillis === 0) return
    clearInterval(this.#timer)
    this.#timer = setInterval(() => {
      // A slow answer is waited for instead of being asked for again.
      this.#asking ??= this.#ask(file, backendPid)
        .catch(ignore)
        .finally(() => {
          this.#asking = undefined
        })
    }, watchIntervalMillis)
  }

  /** Ends the asking, and waits for the answer that is on its way. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asking
  }

  async #ask(file: string, backendPid: number): Promise<void> {
    const progress = await this.#read(backendPid)
    if (progress === undefined) return
    const told = JSON.stringify(progress)
    if (told === this.#last) return
    this.#last = told
    this.#settings.onProgress({ state: 'running', file, command: progress })
  }

  async #read(backendPid: number): Promise<CommandProgress | undefined> {
    const client: MigrationClient = await this.#pool.connect()
    client.on('error', ignore)
    try {
      const { rows } = await client.query(PROGRESS, [backendPid])
      return rows[0] as CommandProgress | undefined
    } finally {
      client.removeListener('error', ignore)
      client.release()
    }
  }
}

function ignore(): void {}
