import { type Duration, describeGiven } from './duration.js'
import { OptionsError } from './errors.js'
import { any, checkOptions, duration, integer, ofType, type Rule, type Rules } from './option-rules.js'

/** How certain a cached read is. See the concept page "Coherence". */
export type Consistency = 'strict' | 'bounded' | 'ttl'

/** How reads of one table are cached. */
export interface TableCacheOptions {
  /** Upper bound of a result's age; writes invalidate before. */
  ttl: Duration
  /**
   * How long after its `ttl` an old result may be served, saying so; and until then also after a write, or while Redis
   * is away. Default: 0.
   */
  maxStale?: Duration
  /** More columns by whose value rows are told apart, besides those of unique indexes and foreign keys. */
  keys?: readonly string[]
}

/** Keys for values at rest in Redis: AES-256-GCM. The current one encrypts, all of them decrypt. */
export interface CacheEncryption {
  current: string
  /** 32 bytes each. */
  keys: Readonly<Record<string, Uint8Array>>
}

const KEY_BYTES = 32

/** @throws OptionsError for keys of another length, ids that do not fit, or a current key that is missing */
function checkKeys({ current, keys }: CacheEncryption, path: string): void {
  if (typeof keys !== 'object' || keys === null)
    throw new OptionsError(`${path}.keys`, 'keys by their ids', describeGiven(keys))
  for (const [id, key] of Object.entries(keys)) {
    const length = Buffer.byteLength(id)
    if (length < 1 || length > 255)
      throw new OptionsError(`${path}.keys`, 'ids of 1 to 255 bytes', `${length} bytes`)
    if (key instanceof Uint8Array && key.length === KEY_BYTES) continue
    const given = key instanceof Uint8Array ? `${key.length} bytes` : typeof key
    throw new OptionsError(`${path}.keys.${id}`, `a Buffer of ${KEY_BYTES} bytes`, given)
  }
  if (!Object.hasOwn(keys, current))
    throw new OptionsError(`${path}.current`, 'the id of one of the keys', 'another')
}

/** Options of the cache. */
export interface CacheOptions {
  /** The tables whose reads are cached, with the age a result may reach: `{ users: '5m' }`. */
  tables: Readonly<Record<string, Duration | TableCacheOptions>>
  /** URL, node-redis client, or `{ sentinel }`, `{ cluster }` with node-redis's options. Absent: in this process only. */
  redis?: string | object
  /** Begins every key in Redis. Default: `holdfast`. */
  prefix?: string
  /** How certain a cached read is: `strict`, `bounded` or `ttl`. Default: `strict`. */
  consistency?: Consistency
  /** How far `bounded` reads may be behind the database. Default: 1 s. */
  bound?: Duration
  /** Bytes of the in-process tier. Default: 64 MiB. */
  maxBytes?: number
  /** How long a call may wait for Redis. Default: 50 ms. */
  redisTimeout?: Duration
  /** What a write does whose invalidation cannot reach Redis. Default: `commit`. */
  onUnmarkable?: 'commit' | 'fail'
  /**
   * Declares that what row-level security lets this pool see depends on nothing but its user and this text; without
   * it tables with row-level security are not cached. Part of every key.
   */
  context?: string
  /** Values are compressed in Redis from this size on. Default: 2,048 bytes. */
  compressFrom?: number
  /** Keys that encrypt values in Redis; names of keys stay readable. Default: none. */
  encryption?: CacheEncryption
  /**
   * The share of hits, from 0 to 1, whose query is also sent to the database in the background, one at a time. A
   * difference that no write explains is counted, warned of (`cache-incoherent`), and the result thrown away. Default: 0.
   */
  shadowReads?: number
}

/** What a single query can say: `false`, or what differs from the pool's and the tables' options. */
export type QueryCacheOptions =
  | false
  | {
      /** Default: the shortest of its tables. */
      ttl?: Duration
      /** Default: the shortest of its tables. */
      maxStale?: Duration
      /** Default: the pool's. */
      consistency?: Consistency
      /** Tables it depends on besides those the SQL shows: makes functions acceptable that are not immutable. */
      dependsOn?: readonly string[]
    }

/** One table's settings; milliseconds. */
export interface TableCacheSettings {
  readonly ttl: number
  readonly maxStale: number
  readonly keys: readonly string[]
}

/** The cache's settings: resolved once, frozen. Durations in milliseconds. */
export interface CacheSettings {
  readonly tables: ReadonlyMap<string, TableCacheSettings>
  readonly redis: string | object | undefined
  readonly prefix: string
  readonly consistency: Consistency
  readonly bound: number
  readonly maxBytes: number
  readonly redisTimeout: number
  readonly onUnmarkable: 'commit' | 'fail'
  readonly context: string | undefined
  readonly compressFrom: number
  readonly encryption: CacheEncryption | undefined
  readonly shadowReads: number
}

const oneOf =
  (...words: readonly string[]): Rule =>
  (value, path) => {
    if (words.includes(value as string)) return value
    throw new OptionsError(path, words.map(word => `'${word}'`).join(' or '), describeGiven(value))
  }

const names: Rule = (value, path) => {
  if (Array.isArray(value) && value.every(name => typeof name === 'string' && name !== '')) return value
  throw new OptionsError(path, 'a list of names', describeGiven(value))
}

const redis: Rule = (value, path) => {
  if (typeof value === 'string' && /^rediss?:\/\//.test(value)) return value
  if (typeof value === 'object' && value !== null) return value
  throw new OptionsError(
    path,
    "a URL such as 'redis://localhost:6379', or a node-redis client",
    describeGiven(value),
  )
}

const share: Rule = (value, path) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new OptionsError(path, 'a share from 0 to 1, such as 0.01', describeGiven(value))
}

const consistency = oneOf('strict', 'bounded', 'ttl')

const TABLE_RULES: Rules = { ttl: duration, maxStale: duration, keys: names }

const table: Rule = (value, path) => {
  if (typeof value !== 'object' || value === null) return { ttl: positive(value, path) }
  const checked = checkOptions(value, TABLE_RULES, `${path}.`)
  if (checked.ttl === undefined) throw new OptionsError(`${path}.ttl`, "a duration such as '5m'", 'nothing')
  return { ...checked, ttl: positive(checked.ttl, `${path}.ttl`) }
}

const positive: Rule = (value, path) => {
  const millis = duration(value, path)
  if (millis !== 0) return millis
  throw new OptionsError(path, "a duration such as '5m'", '0')
}

const tables: Rule = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OptionsError(path, "tables with their lifetimes, such as { users: '5m' }", describeGiven(value))
  const entries = Object.entries(value).map(([name, options]) => [name, table(options, `${path}.${name}`)])
  if (entries.length === 0)
    throw new OptionsError(path, "tables with their lifetimes, such as { users: '5m' }", 'none')
  return Object.fromEntries(entries)
}

const encryption: Rule = (value, path) => {
  const checked = checkOptions(value, { current: ofType('string'), keys: any }, `${path}.`)
  checkKeys(checked as unknown as CacheEncryption, path)
  return checked
}

const RULES: Rules = {
  tables,
  redis,
  prefix: (value, path) => {
    if (typeof value === 'string' && /^[\w:.-]{1,64}$/.test(value)) return value
    throw new OptionsError(path, 'up to 64 letters, digits and _:.-', describeGiven(value))
  },
  consistency,
  bound: positive,
  maxBytes: integer(1_024),
  redisTimeout: positive,
  onUnmarkable: oneOf('commit', 'fail'),
  context: ofType('string'),
  compressFrom: integer(0),
  encryption,
  shadowReads: share,
}

/** The rule for the pool's `cache` option; `false` switches it off. */
export const cacheOption: Rule = (value, path) => {
  if (value === false) return undefined
  const checked = checkOptions(value, RULES, `${path}.`)
  if (checked.tables === undefined)
    throw new OptionsError(
      `${path}.tables`,
      "tables with their lifetimes, such as { users: '5m' }",
      'nothing',
    )
  return checked
}

const QUERY_RULES: Rules = { ttl: positive, maxStale: duration, consistency, dependsOn: names }

/**
 * Checks what a query says about caching; durations come out in milliseconds.
 *
 * @throws OptionsError
 */
export function checkQueryCache(given: unknown): QueryCacheOptions {
  if (given === false) return false
  return checkOptions(given, QUERY_RULES, 'cache.') as QueryCacheOptions
}

/**
 * Checks what is to be invalidated.
 *
 * @throws OptionsError
 */
export function checkInvalidate(given: unknown): readonly string[] {
  const { tables } = checkOptions(given, { tables: names }, '')
  if (tables === undefined) throw new OptionsError('tables', 'a list of names', 'nothing')
  return tables as readonly string[]
}

/** Resolves checked options of the cache. */
export function resolveCacheSettings(options: CacheOptions): CacheSettings {
  const settings = Object.entries(options.tables).map(([name, value]): [string, TableCacheSettings] => {
    const { ttl, maxStale = 0, keys = [] } = value as { ttl: number; maxStale?: number; keys?: string[] }
    return [name, Object.freeze({ ttl, maxStale, keys })]
  })
  return Object.freeze({
    tables: new Map(settings),
    redis: options.redis,
    prefix: options.prefix ?? 'holdfast',
    consistency: options.consistency ?? 'strict',
    bound: (options.bound as number | undefined) ?? 1_000,
    maxBytes: options.maxBytes ?? 64 * 1_024 * 1_024,
    redisTimeout: (options.redisTimeout as number | undefined) ?? 50,
    onUnmarkable: options.onUnmarkable ?? 'commit',
    context: options.context,
    compressFrom: options.compressFrom ?? 2_048,
    encryption: options.encryption,
    shadowReads: options.shadowReads ?? 0,
  })
}
