import { History, type HistoryRow } from './history.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'
import type { MigrateSettings } from './options.js'
import { planMigrations } from './plan.js'
import { runAlone, runInTransaction } from './run-file.js'

/** What one {@link takeStep} did. */
export type Step =
  | { readonly kind: 'done' }
  | { readonly kind: 'busy'; readonly reason: string }
  | { readonly kind: 'applied'; readonly files: readonly MigrationFile[] }

/** What a run knows from step to step. */
export interface RunState {
  /** The last file that this run applied: the next one is its own to take without waiting. */
  readonly lastApplied: number
}

/** The same for every history table, because two of them may share a schema that neither has created yet. */
const LOCK_NAME = 'holdfast.migrate'

/**
 * Looks, under the lock, at what is to be done, and does the first part of it: one file, or all files together.
 * The lock ends with the transaction, so that it works behind a transaction pooler and never outlives a crash.
 */
export async function takeStep(
  client: MigrationClient,
  files: readonly MigrationFile[],
  run: { readonly settings: MigrateSettings; readonly state: RunState },
): Promise<Step> {
  const history = new History(run.settings)
  const decided = await inTransaction(client, async () => {
    await setLimits(client, run.settings)
    // Before the lock, so that those who wait do not keep it from the one that works.
    if (isOthersTurn(await history.read(client), run.state)) return busy(WORKING)
    if (!(await tryLock(client))) return busy(WORKING)
    await history.ensure(client)
    return decide(client, files, { ...run, history })
  })
  if (decided.kind !== 'claimed') return decided
  await runAlone(client, decided.file, history)
  return { kind: 'applied', files: [decided.file] }
}

type Decision = Step | { readonly kind: 'claimed'; readonly file: MigrationFile }

interface Run {
  readonly settings: MigrateSettings
  readonly state: RunState
  readonly history: History
}

async function decide(client: MigrationClient, files: readonly MigrationFile[], run: Run): Promise<Decision> {
  const { history, settings } = run
  const rows = await history.read(client)
  if (isOthersTurn(rows, run.state)) return busy(WORKING)
  const finished = rows.filter(row => row.finished)
  // What is neither finished nor running was begun on a connection that has ended.
  for (const row of rows) if (!row.finished) await history.abandon(client, row.number)
  const pending = planMigrations(files, finished)
  const [next] = pending
  if (next === undefined) return { kind: 'done' }
  if (settings.together) return runTogether(client, pending, run)
  settings.onProgress({ state: 'started', file: next.name })
  await history.begin(client, next, pending.length > 1)
  if (!next.transactional) return { kind: 'claimed', file: next }
  await runInTransaction(client, next, history)
  return { kind: 'applied', files: [next] }
}

async function runTogether(
  client: MigrationClient,
  pending: readonly MigrationFile[],
  run: Run,
): Promise<Step> {
  const alone = pending.find(file => !file.transactional)
  if (alone !== undefined) {
    throw new MigrationFileError(
      alone.name,
      "has to run outside a transaction; transaction: 'all' cannot do that.",
    )
  }
  for (const file of pending) {
    run.settings.onProgress({ state: 'started', file: file.name })
    await run.history.begin(client, file, false)
    await runInTransaction(client, file, run.history)
  }
  return { kind: 'applied', files: pending }
}

/** Between two files the lock is free for a moment; whoever began the work is to go on with it. */
function isOthersTurn(rows: readonly HistoryRow[], state: RunState): boolean {
  const last = rows.at(-1)
  return last !== undefined && (last.running || (last.continues && last.number > state.lastApplied))
}

const WORKING = 'another runner is at work'

function busy(reason: string): Step {
  return { kind: 'busy', reason }
}

async function setLimits(client: MigrationClient, settings: MigrateSettings): Promise<void> {
  await client.query(
    `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '0', true),
            set_config('idle_in_transaction_session_timeout', '0', true)`,
    [`${settings.lockTimeoutMillis}ms`],
  )
}

async function tryLock(client: MigrationClient): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked', [
    LOCK_NAME,
  ])
  return rows[0]?.locked === true
}

/** On an error the caller closes the connection, which is the one rollback that cannot fail. */
async function inTransaction<T>(client: MigrationClient, work: () => Promise<T>): Promise<T> {
  // Each statement has to see what the lock's last holder did, whatever the connection's defaults are.
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
  const result = await work()
  await client.query('COMMIT')
  return result
}
