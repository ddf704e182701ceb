import type { MigrateOptions } from '../index.js'
import type { CommandContext, CommandOption } from './command.js'
import { DATABASE_OPTIONS } from './database-options.js'

const DEFAULT_DIRECTORY = 'migrations'

/** What all commands of the group `migrate` take. */
export const MIGRATION_OPTIONS: readonly CommandOption[] = [
  ...DATABASE_OPTIONS,
  {
    name: 'dir',
    value: 'DIR',
    about: `the folder of the NNNN_name.sql files; default: ${DEFAULT_DIRECTORY}`,
  },
  { name: 'table', value: 'SCHEMA.TABLE', about: 'the history table; default: holdfast.migrations' },
]

/** The same as the functions take it. */
export function migrationOptions({ options }: CommandContext): MigrateOptions {
  const table = options.text('table')
  return { directory: options.text('dir') ?? DEFAULT_DIRECTORY, ...(table !== undefined && { table }) }
}
