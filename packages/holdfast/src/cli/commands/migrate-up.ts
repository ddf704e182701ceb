import { type MigrationProgress, migrate } from '../../index.js'
import type { Command, CommandContext } from '../command.js'
import { withPool } from '../database-options.js'
import { MIGRATION_OPTIONS, migrationOptions } from '../migration-options.js'

/** `holdfast migrate up`. */
export const migrateUp: Command = {
  name: 'migrate up',
  summary: 'Apply the migrations that the database does not have yet',
  usage: '[options]',
  options: MIGRATION_OPTIONS,
  examples: [
    {
      line: 'holdfast migrate up --dir db/migrations',
      about: 'all pending files, each in its own transaction',
    },
  ],
  run: context => withPool(context, { max: 2 }, pool => up(context, pool)),
}

async function up(context: CommandContext, pool: Parameters<typeof migrate>[0]): Promise<0> {
  const { output } = context
  const onProgress = (step: MigrationProgress) => output.note(lineOf(step))
  const result = await migrate(pool, { ...migrationOptions(context), onProgress })
  if (output.json) output.object({ ok: true, ...result })
  else output.line(`${result.applied.length} of ${result.total} applied now.`)
  return 0
}

function lineOf(step: MigrationProgress): string {
  return 'file' in step ? `${step.state} ${step.file}` : `${step.state}: ${step.reason}`
}
