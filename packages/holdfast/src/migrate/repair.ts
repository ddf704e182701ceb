import { rememberFingerprint } from './fingerprint-store.js'
import { History, type HistoryRow } from './history.js'
import { type LeftIndex, leftIndexes } from './indexes.js'
import { inspectMigrations } from './inspect.js'
import type { MigrationClient, MigrationPool } from './migration-client.js'
import { type MigrationFile, readMigrations } from './migration-file.js'
import type { MigrationProblem } from './migration-state.js'
import { listOption, type MigrateOptions, type MigrateSettings, resolveMigrateOptions } from './options.js'
import { withOwnClient, withRunnersLock } from './with-runners-lock.js'

/** The problems that can be repaired; the others are the folder's. */
export const REPAIRABLE = ['changed', 'renamed', 'failed', 'unfinished', 'drift'] as const

/** A kind of problem that {@link repairMigrations} can mend. */
export type Repairable = (typeof REPAIRABLE)[number]

/** What {@link repairMigrations} takes. */
export interface RepairOptions
  extends Pick<MigrateOptions, 'directory' | 'table' | 'schemas' | 'waitTimeout'> {
  /** The kinds of problems to mend. Default: all that can be. */
  readonly only?: readonly Repairable[]
  /** Whether only to tell what would be done. Default false. */
  readonly dryRun?: boolean
}

/** One thing that was mended, or would be. */
export interface RepairAction {
  readonly kind: Repairable
  readonly file: string
  /** What is done about it: `the file as it is now is taken for the one that was applied`. */
  readonly about: string
}

const ABOUT: Readonly<Record<Repairable, string>> = {
  changed: 'the file as it is now is taken for the one that was applied',
  renamed: 'the new name is taken for the one that was applied',
  failed: 'the failed attempt is forgotten, and the invalid indexes that it left are dropped',
  unfinished: 'the attempt that was cut off is forgotten, and the invalid indexes that it left are dropped',
  drift: 'the definitions as they are now are taken for what the migrations made',
}

/**
 * Makes history and database agree again where a person has decided that the database is right: changed and renamed
 * files are accepted, attempts that did not finish are forgotten with the invalid indexes that they left, and the
 * fingerprint is taken anew. Runs no migration.
 *
 * @throws MigrationError for a folder or a file that cannot be read, or while another runner is at work
 * @throws OptionsError for an unknown or impossible option
 */
export async function repairMigrations(
  pool: MigrationPool,
  { only, dryRun = false, ...options }: RepairOptions,
): Promise<{ readonly actions: readonly RepairAction[] }> {
  const settings = resolveMigrateOptions(options)
  const kinds = only === undefined ? REPAIRABLE : listOption('only', REPAIRABLE, only)
  const { problems } = await inspectMigrations(pool, { directory: settings.directory, ...tableOf(options) })
  const actions = problems.flatMap(problem => actionFor(problem, kinds))
  if (!dryRun && actions.length > 0) await carryOut(pool, actions, settings)
  return { actions }
}

function tableOf({ table }: Pick<RepairOptions, 'table'>): { table?: string } {
  return table === undefined ? {} : { table }
}

function actionFor({ kind, file }: MigrationProblem, kinds: readonly Repairable[]): RepairAction[] {
  const known = kinds.find(each => each === kind)
  return known === undefined ? [] : [{ kind: known, file, about: ABOUT[known] }]
}

async function carryOut(
  pool: MigrationPool,
  actions: readonly RepairAction[],
  settings: MigrateSettings,
): Promise<void> {
  const files = await readMigrations(settings.directory)
  const history = new History(settings)
  const attempts = await withRunnersLock(pool, settings, async (client, rows) => {
    await history.ensure(client)
    const accepted = files.filter(file => wants(actions, ['changed', 'renamed'], file.name))
    for (const file of accepted) await history.accept(client, file)
    const last = rows.filter(row => row.finished).at(-1)
    if (last !== undefined && wants(actions, ['drift']))
      await rememberFingerprint(client, last.number, settings)
    return rows.filter(row => !row.finished && wants(actions, ['failed', 'unfinished'], row.name))
  })
  // Outside of a transaction, because indexes are dropped without keeping anybody from the table.
  for (const row of attempts) {
    const file = files.find(({ number }) => number === row.number)
    await withOwnClient(pool, client => forget(client, row, { file, history }))
  }
}

function wants(actions: readonly RepairAction[], kinds: readonly Repairable[], file?: string): boolean {
  return actions.some(action => kinds.includes(action.kind) && (file === undefined || action.file === file))
}

async function forget(
  client: MigrationClient,
  row: HistoryRow,
  { file, history }: { readonly file: MigrationFile | undefined; readonly history: History },
): Promise<void> {
  const before = await history.indexesBefore(client, row.number)
  const left: readonly LeftIndex[] = file === undefined ? [] : await leftIndexes(client, file, before)
  const invalid = left.filter(index => !index.isValid)
  for (const { name } of invalid) await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`)
  await history.abandon(client, row)
}
