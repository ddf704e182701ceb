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

/** For the commands that store a fingerprint. */
export const SCHEMA_OPTION: CommandOption = {
  name: 'schema',
  value: 'NAME',
  many: true,
  about:
    'a schema whose definitions belong to the fingerprint, more than once for several; default: the search path',
}

/** Which migrations, as the functions take it. */
export interface MigrationSource {
  readonly directory: string
  readonly table?: string
}

/** The values of {@link MIGRATION_OPTIONS}. */
export function migrationSource({ options }: CommandContext): MigrationSource {
  const table = options.text('table')
  return { directory: options.text('dir') ?? DEFAULT_DIRECTORY, ...(table !== undefined && { table }) }
}

/** The values of {@link SCHEMA_OPTION}. */
export function schemasOf({ options }: CommandContext): { schemas?: readonly string[] } {
  const schemas = options.texts('schema')
  return schemas.length === 0 ? {} : { schemas }
}
