import { type MigrationTrace, type Pool, type StatementLock, traceMigrations } from '../index.js'
import type { CommandContext, CommandOption, ExitCode } from './command.js'
import { openDatabase } from './database-options.js'
import { migrationSource } from './migration-options.js'
import type { Output, Style } from './output.js'

/** For the commands that can show locks. */
export const TRACE_OPTION: CommandOption = {
  name: 'trace',
  about:
    'apply nothing; run the files in a shadow database, created and dropped for it, and print the locks that each statement takes',
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Prints the locks of the pending files, and warns of those that keep everybody from a table with rows. */
export async function printTrace(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { output } = context
  output.note('Running the files in a shadow database …')
  const interrupted = new AbortController()
  // Whoever loses patience does not leave a database behind.
  for (const signal of SIGNALS) process.once(signal, () => interrupted.abort())
  const trace = await traceMigrations(pool, {
    ...migrationSource(context),
    openDatabase: name => openDatabase(context, name),
    signal: interrupted.signal,
  })
  if (output.json) output.object({ ok: true, ...trace })
  else printFiles(output, trace)
  return 0
}

const STYLES: Readonly<Record<StatementLock['blocks'], Style>> = {
  'reads and writes': 'red',
  writes: 'yellow',
  'other schema changes': 'cyan',
  'nothing of note': 'dim',
}

const LONGEST_STATEMENT = 90

function printFiles(output: Output, { files, warnings }: MigrationTrace): void {
  if (files.length === 0) output.line('Nothing to apply: the database has every file.')
  for (const { file, transactional, statements } of files) {
    const way = transactional ? '' : output.paint('dim', ' outside a transaction')
    output.line(`${output.paint('bold', file)}${way}`)
    for (const { line, text, locks } of statements) {
      output.line(`  ${String(line).padStart(4)}  ${shortened(text)}`)
      for (const lock of locks) output.line(`          ${describe(output, lock)}`)
    }
  }
  for (const { file, line, message } of warnings) {
    output.line(`${output.paint('yellow', 'warning')}  ${file}, line ${line}: ${message}`)
  }
  if (files.length > 0 && warnings.length === 0)
    output.line('No table with rows is locked against everybody.')
}

function describe(output: Output, { relation, mode, blocks, rewrites }: StatementLock): string {
  const effect = blocks === 'nothing of note' ? '' : ` blocks ${blocks}`
  const anew = rewrites ? ', writes the table anew' : ''
  return `${output.paint(STYLES[blocks], mode)} on ${relation}${output.paint('dim', effect + anew)}`
}

/** One line of a statement, without the comments in front. */
function shortened(text: string): string {
  const line = text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/, '').replace(/\s+/g, ' ')
  return line.length > LONGEST_STATEMENT ? `${line.slice(0, LONGEST_STATEMENT - 1)}…` : line
}
