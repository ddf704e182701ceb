import type { Duration } from '../base/duration.js'
import { describeGiven } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import { checkOptions, duration, integer, ofType, type Rule, type Rules } from '../base/option-rules.js'
import type { ClientFacts } from './client-facts.js'
import type { DoctorClient } from './doctor-client.js'

/** What a migration runner has to say about the state of a database; the problems of `inspectMigrations` are it. */
export interface MigrationFault {
  readonly kind: string
  /** The file that it is about. */
  readonly file: string
  readonly message: string
  /** What to do, in words. */
  readonly remedy: string
}

/** How {@link doctor} works. */
export interface DoctorOptions {
  /** Only these checks: ids, names or categories. Default: all. */
  readonly only?: readonly string[]
  /** Not these checks; `'I06:public.users.id'` leaves out one finding. Default: none. */
  readonly ignore?: readonly string[]
  /** Only these schemas. Default: all but the system's and those that an extension or Supabase manages. */
  readonly schemas?: readonly string[]
  /** How long one query may take before its check is skipped. Default `'1s'`. */
  readonly queryTimeout?: Duration
  /** How long one query may wait for a lock before its check is skipped. Default `'100ms'`. */
  readonly lockTimeout?: Duration
  /** How long a transaction may be open before it is reported; an idle one a fifth of that. Default `'5m'`. */
  readonly longTransaction?: Duration
  /** Days that usage statistics must cover before they are judged; 0 judges any. Default 7. */
  readonly statisticsDays?: number
  /** Findings kept of one check; the report says how many more there were. Default 200. */
  readonly maxFindings?: number
  /** Findings known already, as `'I06:public.users.id'`; they are listed apart and fail nothing. Default: none. */
  readonly baseline?: readonly string[]
  /** How the program connects. Default: what the options of the pool say. */
  readonly client?: ClientFacts
  /** Asks a migration runner for what SQL alone cannot see: changed files, missing ones, a schema that drifted. */
  readonly migrations?: () => Promise<readonly MigrationFault[]>
  /** A connection to the console of PgBouncer, to look at its queue. */
  readonly pgbouncer?: DoctorClient
}

/** {@link DoctorOptions}, checked and complete. */
export interface DoctorSettings {
  readonly only: readonly string[] | undefined
  readonly ignore: readonly string[]
  readonly schemas: readonly string[] | undefined
  readonly queryTimeout: number
  readonly lockTimeout: number
  readonly longTransaction: number
  readonly statisticsDays: number
  readonly maxFindings: number
  readonly baseline: readonly string[]
  readonly client: ClientFacts
  readonly migrations: DoctorOptions['migrations']
  readonly pgbouncer: DoctorClient | undefined
}

const texts: Rule = (value, path) => {
  const wrong = Array.isArray(value) ? value.find(each => typeof each !== 'string' || each === '') : value
  if (Array.isArray(value) && wrong === undefined) return Object.freeze([...value])
  throw new OptionsError(path, 'a list of texts', describeGiven(wrong))
}

/** A limit of zero would switch it off, and a doctor without limits is none. */
const limit: Rule = (value, path) => {
  const millis = duration(value, path) as number
  if (millis >= 1) return Math.ceil(millis)
  throw new OptionsError(path, 'a duration of at least 1 ms', describeGiven(value))
}

const object: Rule = (value, path) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new OptionsError(path, 'an object', describeGiven(value))
}

const RULES: Rules = {
  only: texts,
  ignore: texts,
  schemas: texts,
  queryTimeout: limit,
  lockTimeout: limit,
  longTransaction: limit,
  statisticsDays: integer(0, 3_650),
  maxFindings: integer(1, 1_000_000),
  baseline: texts,
  client: object,
  migrations: ofType('function'),
  pgbouncer: object,
}

/**
 * Checks the options once.
 *
 * @throws OptionsError naming the unknown or impossible one
 */
export function resolveDoctorOptions(options: DoctorOptions): DoctorSettings {
  const given = checkOptions(options, RULES) as Partial<DoctorSettings>
  return Object.freeze({
    only: undefined,
    ignore: [],
    schemas: undefined,
    queryTimeout: 1_000,
    lockTimeout: 100,
    longTransaction: 300_000,
    statisticsDays: 7,
    maxFindings: 200,
    baseline: [],
    client: {},
    migrations: undefined,
    pgbouncer: undefined,
    ...given,
  })
}
