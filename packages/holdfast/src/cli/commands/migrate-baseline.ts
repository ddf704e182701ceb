import { baselineMigrations, type Pool } from '../../index.js'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { withPool } from '../database-options.js'
import { MIGRATION_OPTIONS, migrationSource, SCHEMA_OPTION, schemasOf } from '../migration-options.js'
import { UsageError } from '../usage-error.js'

/** `holdfast migrate baseline`. */
export const migrateBaseline: Command = {
  name: 'migrate baseline',
  summary: 'Record files as applied without running them, for a database that has their work already',
  usage: '--to NNNN [options]',
  options: [
    ...MIGRATION_OPTIONS,
    {
      name: 'to',
      value: 'NNNN',
      about: 'the number of the last file that the database has already; required',
    },
    SCHEMA_OPTION,
  ],
  examples: [
    { line: 'holdfast migrate baseline --to 0004', about: '0001 to 0004 are recorded, 0005 is pending' },
  ],
  run: context => withPool(context, { max: 1 }, pool => baseline(context, pool)),
}

async function baseline(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { output, options } = context
  const given = options.text('to')
  if (given === undefined || !/^\d{1,4}$/.test(given)) {
    throw new UsageError(
      `--to must be the number of a file, such as 0004${given === undefined ? '' : `, given "${given}"`}.`,
    )
  }
  const { recorded } = await baselineMigrations(pool, {
    ...migrationSource(context),
    ...schemasOf(context),
    to: Number(given),
  })
  if (output.json) output.object({ ok: true, recorded })
  else {
    for (const file of recorded) output.line(`${output.paint('green', 'recorded')}  ${file}`)
    if (recorded.length === 0) output.line('Nothing to record: the history has these files.')
  }
  return 0
}
