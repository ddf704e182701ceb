import { type Pool, REPAIRABLE, type Repairable, repairMigrations } from '../../index.js'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { withPool } from '../database-options.js'
import { MIGRATION_OPTIONS, migrationSource, SCHEMA_OPTION, schemasOf } from '../migration-options.js'

/** `holdfast migrate repair`. */
export const migrateRepair: Command = {
  name: 'migrate repair',
  summary: 'Accept the database as it is where "migrate verify" finds it wrong',
  usage: '[options]',
  about: `For a person who has decided that the database is right. Runs no migration: it takes changed and renamed files
for the applied ones, forgets attempts that did not finish with the invalid indexes that they left, and takes the
fingerprint anew.`,
  options: [
    ...MIGRATION_OPTIONS,
    {
      name: 'only',
      value: 'KIND',
      words: REPAIRABLE,
      many: true,
      about: 'only problems of this kind, more than once or with commas for several; default: all of them',
    },
    { name: 'dry-run', about: 'change nothing; print what would be done' },
    SCHEMA_OPTION,
  ],
  examples: [
    { line: 'holdfast migrate repair --dry-run', about: 'what would it do?' },
    { line: 'holdfast migrate repair --only drift', about: 'a change made by hand is to stay' },
  ],
  run: context => withPool(context, { max: 1 }, pool => repair(context, pool)),
}

async function repair(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { output, options } = context
  const only = options.texts('only') as readonly Repairable[]
  const dryRun = options.flag('dry-run')
  const { actions } = await repairMigrations(pool, {
    ...migrationSource(context),
    ...schemasOf(context),
    ...(only.length > 0 && { only }),
    dryRun,
  })
  if (output.json) output.object({ ok: true, dryRun, actions })
  else {
    for (const { kind, file, about } of actions) {
      output.line(`${output.paint('yellow', kind)}  ${file}: ${about}`)
    }
    if (dryRun && actions.length > 0) output.line('Nothing was changed: this was a dry run.')
    if (actions.length === 0) output.line('Nothing to repair.')
  }
  return 0
}
