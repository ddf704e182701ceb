import { inspectMigrations, type Pool } from '../../index.js'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { withPool } from '../database-options.js'
import { MIGRATION_OPTIONS, migrationSource } from '../migration-options.js'
import { printProblems } from '../migration-problems.js'

/** `holdfast migrate verify`. */
export const migrateVerify: Command = {
  name: 'migrate verify',
  summary: 'Check that the database is what the migrations made of it',
  usage: '[options]',
  about: `Finds changed, renamed and missing files, files out of order, attempts that failed or were cut off, schemas of
newer code, and definitions that something else has changed since the last file. Reads only. Pending files are no
problem, unless --pending says so.`,
  options: [
    ...MIGRATION_OPTIONS,
    { name: 'pending', about: 'also fail when there are files that are not applied yet' },
  ],
  examples: [
    { line: 'holdfast migrate verify', about: 'exit code 1 when something is wrong' },
    { line: 'holdfast migrate verify --pending', about: 'before a service starts: is its schema there?' },
  ],
  run: context => withPool(context, { max: 1 }, pool => verify(context, pool)),
}

async function verify(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { output, options } = context
  const { migrations, problems, fingerprint } = await inspectMigrations(pool, migrationSource(context))
  const pending = migrations.filter(({ state }) => state === 'pending').map(({ file }) => file)
  const ok = problems.length === 0 && !(options.flag('pending') && pending.length > 0)
  if (output.json) output.object({ ok, problems, pending, fingerprint })
  else {
    printProblems(output, problems)
    for (const [kind, names] of Object.entries(fingerprint.drift ?? {})) {
      for (const name of names) output.line(`    ${output.paint('yellow', kind)} ${name}`)
    }
    if (pending.length > 0) output.line(`Not applied yet: ${pending.join(', ')}.`)
    if (fingerprint.state === 'unknown')
      output.line(
        'The definitions could not be compared: no fingerprint of this version of PostgreSQL is stored.',
      )
    if (ok) output.line(output.paint('green', 'The database is what the migrations made of it.'))
  }
  return ok ? 0 : 1
}
