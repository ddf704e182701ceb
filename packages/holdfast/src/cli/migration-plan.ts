import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectMigrations, type Pool } from '../index.js'
import type { CommandContext, ExitCode } from './command.js'
import { migrationSource } from './migration-options.js'
import { printProblems } from './migration-problems.js'

/**
 * Prints the pending files.
 *
 * @param withText whether to print what is in them, too
 * @returns 1 when they cannot be applied because folder and database do not fit
 */
export async function printPlan(context: CommandContext, pool: Pool, withText: boolean): Promise<ExitCode> {
  const { output } = context
  const source = migrationSource(context)
  const { migrations, problems } = await inspectMigrations(pool, source)
  const pending = await Promise.all(
    migrations
      .filter(({ state }) => state === 'pending' || state === 'failed' || state === 'unfinished')
      .map(async ({ file, transactional, breaking }) => ({
        file,
        transactional,
        breaking,
        ...(withText && { text: await readFile(join(source.directory, file), 'utf8') }),
      })),
  )
  // What an attempt left behind is resumed, and drift keeps nothing from being applied.
  const hindrances = problems.filter(({ kind }) => !['failed', 'unfinished', 'drift'].includes(kind))
  if (output.json) output.object({ ok: hindrances.length === 0, pending, problems })
  else printPending(context, pending)
  if (!output.json) printProblems(output, problems)
  return hindrances.length === 0 ? 0 : 1
}

interface PendingFile {
  readonly file: string
  readonly transactional: boolean | null
  readonly breaking: boolean | null
  readonly text?: string
}

function printPending({ output }: CommandContext, pending: readonly PendingFile[]): void {
  if (pending.length === 0) output.line('Nothing to apply: the database has every file.')
  for (const { file, transactional, breaking, text } of pending) {
    const words = [
      transactional === false ? 'outside a transaction' : 'in a transaction',
      ...(breaking ? ['breaking'] : []),
    ]
    if (text === undefined) output.line(`${file}  ${output.paint('dim', words.join(', '))}`)
    else output.line(`-- ${file} (${words.join(', ')})\n${text.trimEnd()}\n`)
  }
}
