import { inspectMigrations, type MigrationState } from '../../index.js'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { withPool } from '../database-options.js'
import { inSeconds } from '../durations.js'
import { MIGRATION_OPTIONS, migrationSource } from '../migration-options.js'
import { printProblems } from '../migration-problems.js'
import type { Style } from '../output.js'

/** `holdfast migrate status`. */
export const migrateStatus: Command = {
  name: 'migrate status',
  summary: 'Show every migration: applied, pending, failed, and what is wrong',
  usage: '[options]',
  about: 'Reads only. The exit code is 0 whatever it finds; "migrate verify" is for checks.',
  options: MIGRATION_OPTIONS,
  examples: [
    { line: 'holdfast migrate status', about: 'the folder migrations and the database of DATABASE_URL' },
    { line: 'holdfast migrate status --dir db --json', about: 'for a program' },
  ],
  run: context => withPool(context, { max: 1 }, pool => status(context, pool)),
}

const STYLES: Readonly<Record<MigrationState['state'], Style>> = {
  applied: 'green',
  baseline: 'green',
  newer: 'cyan',
  pending: 'yellow',
  running: 'cyan',
  failed: 'red',
  unfinished: 'red',
}

async function status(
  context: CommandContext,
  pool: Parameters<typeof inspectMigrations>[0],
): Promise<ExitCode> {
  const { output } = context
  const inspection = await inspectMigrations(pool, migrationSource(context))
  if (output.json) {
    output.object({ ok: true, ...inspection })
    return 0
  }
  const states = Object.keys(STYLES) as MigrationState['state'][]
  const width = Math.max(...states.map(state => state.length))
  for (const { file, state, finishedAt, millis } of inspection.migrations) {
    const when = finishedAt === null ? '' : finishedAt.toISOString().replace('T', ' ').slice(0, 19)
    const took = millis === null ? '' : inSeconds(millis)
    const line = `${output.paint(STYLES[state], state.padEnd(width))}  ${file}  ${output.paint('dim', `${when}  ${took}`)}`
    output.line(line.trimEnd())
  }
  const pending = inspection.migrations.filter(({ state }) => state === 'pending').length
  output.line(`\n${inspection.migrations.length} migrations, ${pending} pending.`)
  printProblems(output, inspection.problems)
  return 0
}
