import { type Attempt, History, type HistoryRow } from './history.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'
import type { MigrateSettings } from './options.js'
import { planMigrations } from './plan.js'
import { type Claim, runAlone } from './run-alone.js'
import { runInTransaction } from './run-in-transaction.js'
import { inTransaction, setLimits, tryLock } from './runners-lock.js'

/** What one {@link takeStep} did. */
export type Step =
  | {
      readonly kind: 'done'
      /** What newer code than this has applied. */
      readonly newer: readonly string[]
      /** The last file, when a run that was cut off had no time to store the fingerprint after it. */
      readonly unremembered: number | undefined
    }
  | { readonly kind: 'busy'; readonly reason: string }
  | { readonly kind: 'applied'; readonly files: readonly MigrationFile[] }

/** What a run knows from step to step. */
export interface RunState {
  /** The last file that this run applied: the next one is its own to take without waiting. */
  readonly lastApplied: number
  /** Called with the connection that is about to run a file. */
  readonly onBegin: (file: MigrationFile, attempt: Attempt) => void
}

/**
 * Looks, under the lock, at what is to be done, and does the first part of it: one file, or all files together.
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
    return decide(client, files, { ...run, history })
  })
  if (decided.kind !== 'claimed') return decided
  await runAlone(client, decided, { ...run, history })
  return { kind: 'applied', files: [decided.file] }
}

interface Run {
  readonly settings: MigrateSettings
  readonly state: RunState
  readonly history: History
}

async function decide(
  client: MigrationClient,
  files: readonly MigrationFile[],
  run: Run,
): Promise<Step | Claim> {
  const { history, settings } = run
  const rows = await history.read(client)
  if (isOthersTurn(rows, run.state)) return busy(WORKING)
  const finished = rows.filter(row => row.finished)
  const { pending, newer } = planMigrations(files, finished)
  const [next] = pending
  if (next === undefined)
    return { kind: 'done', newer: newer.map(row => row.name), unremembered: lacking(finished) }
  await history.ensure(client)
  await forgetOthers(client, rows, { history, next })
  if (settings.together) return runTogether(client, pending, run)
  settings.onProgress({ state: 'started', file: next.name })
  const attempt = await history.begin(client, next, pending.length > 1)
  run.state.onBegin(next, attempt)
  if (!next.transactional) return { kind: 'claimed', file: next, attempt }
  await runInTransaction(client, next, history)
  return { kind: 'applied', files: [next] }
}

/** What was begun and not finished, and is not what comes next: its file was taken away or got another number. */
async function forgetOthers(
  client: MigrationClient,
  rows: readonly HistoryRow[],
  { history, next }: { readonly history: History; readonly next: MigrationFile },
): Promise<void> {
  const others = rows.filter(row => !row.finished && row.number !== next.number)
  for (const row of others) await history.abandon(client, row)
}

/** Only of files whose row has the columns of today: where nothing is applied, nothing is changed either. */
function lacking(finished: readonly HistoryRow[]): number | undefined {
  const last = finished.at(-1)
  return last !== undefined && last.fingerprint === null && last.breaking !== null ? last.number : undefined
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
    run.state.onBegin(file, await run.history.begin(client, file, false))
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
