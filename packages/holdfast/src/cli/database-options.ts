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
  const given = options.connectionString
  const where = given === undefined ? connection(context) : { connectionString: checkUrl(given) }
  const pool = new Pool({ application_name: 'holdfast', ...options, ...where })
  try {
    return await work(pool)
  } finally {
    await pool.end()
  }
}

/**
 * Opens a pool on another database of the same server.
 *
 * @throws UsageError when neither command line nor environment says which server
 */
export function openDatabase(context: CommandContext, database: string): Pool {
  const { connectionString } = connection(context)
  const where =
    connectionString === undefined
      ? { database }
      : { connectionString: withDatabase(connectionString, database) }
  return new Pool({ application_name: 'holdfast', max: 2, ...where })
}

/** Not by way of URL, which does not know the lists of hosts that PostgreSQL takes. */
function withDatabase(connectionString: string, database: string): string {
  return connectionString.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(?:\/[^?#]*)?/i, `$1/${database}`)
}

function connection({ options, env }: CommandContext): { connectionString?: string } {
  const connectionString = options.text('url') ?? env.DATABASE_URL
  if (connectionString) return { connectionString: checkUrl(connectionString) }
  if (env.PGHOST || env.PGDATABASE || env.PGUSER) return {}
  throw new UsageError('Which database? Set DATABASE_URL, or give --url postgres://user@host/database.')
}

/** What it is instead is not said: it may hold a password. */
function checkUrl(given: string): string {
  if (/^(postgres(ql)?:\/\/|socket:|\/)/i.test(given)) return given
  throw new UsageError('The address of the database is none: expected postgres://user@host/database.')
}
