import { type MigrateOptions, migrate, type Pool } from '../../index.js'
import type { Command, CommandContext, CommandOption, ExitCode } from '../command.js'
import { withPool } from '../database-options.js'
import { MIGRATION_OPTIONS, migrationSource, SCHEMA_OPTION, schemasOf } from '../migration-options.js'
import { printPlan } from '../migration-plan.js'
import { MigrationScreen } from '../migration-screen.js'
import { printTrace, TRACE_OPTION } from '../migration-trace.js'
import { UsageError } from '../usage-error.js'

const OWN_OPTIONS: readonly CommandOption[] = [
  { name: 'dry-run', about: 'apply nothing; print the files that would be sent' },
  TRACE_OPTION,
  { name: 'all-or-nothing', about: 'all pending files in one transaction instead of one for each' },
  {
    name: 'lock-timeout',
    value: 'DURATION',
    about:
      'how long a statement may wait for a lock before its file is rolled back and tried again; default: 2s',
  },
  { name: 'attempts', value: 'N', about: 'how often a file is tried that meets a lock; default: 20' },
  {
    name: 'wait-timeout',
    value: 'DURATION',
    about: 'how long to wait for another runner that is at work; default: 10m',
  },
  SCHEMA_OPTION,
]

/** `holdfast migrate up`. */
export const migrateUp: Command = {
  name: 'migrate up',
  summary: 'Apply the migrations that the database does not have yet',
  usage: '[options]',
  about: `Any number of runners may start at once: one works, the others wait and find it done. It stops at the first
error; the files before it stay applied, and the next run goes on from there.`,
  options: [...MIGRATION_OPTIONS, ...OWN_OPTIONS],
  examples: [
    { line: 'holdfast migrate up', about: 'the folder migrations to the database of DATABASE_URL' },
    { line: 'holdfast migrate up --trace', about: 'first look: which locks would be taken?' },
    { line: 'holdfast migrate up --lock-timeout 500ms --attempts 100', about: 'short waits, many tries' },
  ],
  // A second connection asks how far a long command is.
  run: context => withPool(context, { max: 2 }, pool => up(context, pool)),
}

async function up(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { options, output } = context
  if (options.flag('trace')) return printTrace(context, pool)
  if (options.flag('dry-run')) return printPlan(context, pool, true)
  const screen = new MigrationScreen(output)
  try {
    const {
      applied,
      total,
      newer = [],
    } = await migrate(pool, {
      ...migrateOptions(context),
      watchInterval: 250,
      onProgress: step => screen.show(step),
    })
    screen.end()
    if (output.json) output.object({ ok: true, applied, total, newer })
    else output.line(summary(applied.length, total, newer))
    return 0
  } finally {
    screen.end()
  }
}

function migrateOptions(context: CommandContext): MigrateOptions {
  const { options } = context
  const [lockTimeout, waitTimeout, attempts] = ['lock-timeout', 'wait-timeout', 'attempts'].map(name =>
    options.text(name),
  )
  return {
    ...migrationSource(context),
    ...schemasOf(context),
    ...(options.flag('all-or-nothing') && { transaction: 'all' }),
    ...(lockTimeout !== undefined && { lockTimeout }),
    ...(waitTimeout !== undefined && { waitTimeout }),
    ...(attempts !== undefined && { attempts: wholeNumber('--attempts', attempts) }),
  }
}

function wholeNumber(name: string, given: string): number {
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given)
  throw new UsageError(`${name} must be a whole number from 1, given "${given}".`)
}

function summary(applied: number, total: number, newer: readonly string[]): string {
  const beyond = newer.length === 0 ? '' : ` Newer code has applied ${newer.length} more.`
  if (applied === 0) return `Nothing to apply: the database has all ${total} files.${beyond}`
  return `Applied ${applied} ${applied === 1 ? 'file' : 'files'}; the database has all ${total}.${beyond}`
}
