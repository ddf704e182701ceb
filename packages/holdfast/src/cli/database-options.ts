import { Pool, type PoolOptions } from '../index.js'
import type { CommandContext, CommandOption } from './command.js'
import { UsageError } from './usage-error.js'

/** Where the database is, for every command that needs one. */
export const DATABASE_OPTIONS: readonly CommandOption[] = [
  {
    name: 'url',
    value: 'URL',
    about:
      'the database; default: the variable DATABASE_URL, which other users of the machine cannot read, else PGHOST and its kind',
  },
]

/**
 * Opens a pool on the database that the command line or the environment names, and closes it after the work.
 *
 * @param options with `connectionString` where the command takes the database as an argument of its own
 * @throws UsageError when neither names one
 */
export async function withPool<T>(
  context: CommandContext,
  options: PoolOptions,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  const where = options.connectionString === undefined ? connection(context) : {}
  const pool = new Pool({ application_name: 'holdfast', ...where, ...options })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

function connection({ options, env }: CommandContext): PoolOptions {
  const connectionString = options.text('url') ?? env.DATABASE_URL
  if (connectionString) return { connectionString }
  if (env.PGHOST || env.PGDATABASE || env.PGUSER) return {}
  throw new UsageError('Which database? Set DATABASE_URL, or give --url postgres://user@host/database.')
}
