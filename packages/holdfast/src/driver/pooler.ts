import type { PoolerMode, PoolerOption } from '../base/pooler-options.js'

/** A pooler between us and PostgreSQL, as far as it is known. */
export interface Pooler {
  readonly kind: 'PgBouncer' | 'Supavisor' | 'unknown'
  readonly mode: PoolerMode | 'unknown'
  /** Whether it finds a client's prepared statements again. */
  readonly preparedStatements: boolean
  /** How it is known, in words. */
  readonly because: string
}

/** Hosts that say what they are. Patterns are for the whole host, in small letters. */
const KNOWN: readonly { host: RegExp; port?: number; pooler: Omit<Pooler, 'because'> }[] = [
  {
    host: /\.pooler\.supabase\.com$/,
    port: 6543,
    pooler: { kind: 'Supavisor', mode: 'transaction', preparedStatements: false },
  },
  {
    host: /\.pooler\.supabase\.com$/,
    pooler: { kind: 'Supavisor', mode: 'session', preparedStatements: true },
  },
  {
    host: /^db\.[^.]+\.supabase\.co$/,
    port: 6543,
    pooler: { kind: 'PgBouncer', mode: 'transaction', preparedStatements: false },
  },
  {
    host: /^[^.]+-pooler\..*neon\.tech$/,
    pooler: { kind: 'PgBouncer', mode: 'transaction', preparedStatements: true },
  },
]

/** The pooler at a place that says so by its name, or `undefined`. */
export function poolerAt(host: string, port: number): Pooler | undefined {
  const name = host.toLowerCase()
  const known = KNOWN.find(each => each.host.test(name) && (each.port ?? port) === port)
  return known && Object.freeze({ ...known.pooler, because: `the host ${name} and the port ${port} say so` })
}

/** The pooler that the option declares; `undefined` for `none`. */
export function declaredPooler(option: Exclude<PoolerOption, 'none'>, at: Pooler | undefined): Pooler {
  const { mode, preparedStatements } = typeof option === 'string' ? { mode: option } : option
  return Object.freeze({
    kind: at?.kind ?? 'unknown',
    mode,
    preparedStatements: preparedStatements ?? (mode === 'session' || (at?.preparedStatements ?? false)),
    because: 'the option "pooler" says so',
  })
}

/** A pooler of which no more is known than that it is there. Nothing that its mode may forbid is relied on. */
export function unexpectedPooler(because: string): Pooler {
  return Object.freeze({ kind: 'unknown', mode: 'unknown', preparedStatements: false, because })
}

/** Process numbers of Linux end here, and those of other systems earlier. */
const HIGHEST_PROCESS_ID = 4_194_304

/**
 * Whether a number that came as the process of a connection is none: PgBouncer and most other poolers make up the key
 * with which a query is cancelled, and the number is half of it, 32 random bits. One of 1,000 passes for a process.
 */
export function isMadeUpProcess(processID: number | null): boolean {
  return processID !== null && (processID < 0 || processID > HIGHEST_PROCESS_ID)
}
