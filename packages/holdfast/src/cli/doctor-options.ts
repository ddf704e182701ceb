import {
  type ClientFacts,
  type DoctorOptions,
  inspectMigrations,
  type Pool,
  type SessionFeature,
} from '../index.js'
import type { CommandContext, CommandOption } from './command.js'
import { UsageError } from './usage-error.js'

const SEVERITIES = ['error', 'warning', 'info']
const FORMATS = ['text', 'json', 'sarif', 'html']
const POOLERS = ['none', 'session', 'transaction', 'statement']
const FEATURES = ['named-statements', 'listen', 'session-advisory-locks', 'set', 'temp-tables']

/** What `holdfast doctor` takes besides the database. */
export const DOCTOR_OPTIONS: readonly CommandOption[] = [
  {
    name: 'only',
    value: 'CHECK',
    many: true,
    about: 'only these checks: ids, names or categories; with commas for several',
  },
  {
    name: 'ignore',
    value: 'CHECK',
    many: true,
    about: 'not these checks; I06:public.users.id leaves out one finding',
  },
  {
    name: 'schema',
    value: 'NAME',
    many: true,
    about: 'only these schemas; default: all but those of the system, of extensions and of Supabase',
  },
  {
    name: 'fail-on',
    value: 'SEVERITY',
    words: SEVERITIES,
    about: 'the exit code is 1 from this severity on; default: error',
  },
  { name: 'format', value: 'FORMAT', words: FORMATS, about: 'how the report is written; default: text' },
  { name: 'output', value: 'FILE', about: 'write the report there instead of to standard output' },
  {
    name: 'baseline',
    value: 'FILE',
    about: 'findings that are known already: they are counted and fail nothing',
  },
  {
    name: 'update-baseline',
    about: 'write all findings of now into the file of --baseline; the exit code is 0',
  },
  { name: 'verbose', about: 'list the checks that were skipped, with the reasons' },
  { name: 'query-timeout', value: 'TIME', about: 'a check whose query takes longer is skipped; default: 1s' },
  {
    name: 'statistics-days',
    value: 'DAYS',
    about: 'statistics must cover so many days to be judged; default: 7',
  },
  { name: 'dir', value: 'DIR', about: 'the folder of migrations, to compare files, history and schema' },
  {
    name: 'table',
    value: 'SCHEMA.TABLE',
    about: 'the history table of those migrations; default: holdfast.migrations',
  },
  { name: 'pool-max', value: 'COUNT', about: 'connections that one instance of the program opens at most' },
  { name: 'instances', value: 'COUNT', about: 'instances of the program; default: 1' },
  { name: 'pooler', value: 'MODE', words: POOLERS, about: 'the pooler between program and server' },
  {
    name: 'needs',
    value: 'FEATURE',
    words: FEATURES,
    many: true,
    about: 'what the program needs of a session',
  },
]

/**
 * The values of {@link DOCTOR_OPTIONS}, as the function takes them.
 *
 * @param pool with a connection to spare, for looking at the migrations
 * @throws UsageError for a number that is none
 */
export function doctorOptions(context: CommandContext, pool: Pool): DoctorOptions {
  const { options } = context
  const [only, schemas] = [options.texts('only'), options.texts('schema')]
  const [queryTimeout, days] = [options.text('query-timeout'), whole(context, 'statistics-days')]
  return {
    ignore: options.texts('ignore'),
    client: clientFacts(context),
    ...(only.length > 0 && { only }),
    ...(schemas.length > 0 && { schemas }),
    ...(queryTimeout !== undefined && { queryTimeout }),
    ...(days !== undefined && { statisticsDays: days }),
    ...migrationsOf(context, pool),
  }
}

function clientFacts(context: CommandContext): ClientFacts {
  const { options } = context
  const [max, instances] = [whole(context, 'pool-max'), whole(context, 'instances')]
  const [pooler, needs] = [options.text('pooler'), options.texts('needs')]
  return {
    ...(max !== undefined && { max }),
    ...(instances !== undefined && { instances }),
    ...(pooler !== undefined && { pooler: pooler as NonNullable<ClientFacts['pooler']> }),
    ...(needs.length > 0 && { features: needs as readonly SessionFeature[] }),
  }
}

function whole({ options }: CommandContext, name: string): number | undefined {
  const given = options.text(name)
  if (given === undefined) return undefined
  if (/^\d{1,7}$/.test(given)) return Number(given)
  throw new UsageError(`--${name} must be a whole number, given "${given}".`)
}

function migrationsOf({ options }: CommandContext, pool: Pool): Pick<DoctorOptions, 'migrations'> {
  const [directory, table] = [options.text('dir'), options.text('table')]
  if (directory === undefined) return {}
  const source = { directory, ...(table !== undefined && { table }) }
  return { migrations: async () => (await inspectMigrations(pool, source)).problems }
}
