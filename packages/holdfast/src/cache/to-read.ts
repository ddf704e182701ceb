import { type Consistency, checkQueryCache, type QueryCacheOptions } from '../base/cache-options.js'
import { OptionsError } from '../base/errors.js'
import type { QueryRequest } from '../base/execute.js'
import type { Identity } from '../base/identity.js'
import type { ReadDependency, UncacheableReason } from '../sql/plan.js'
import type { BypassReason } from './cache-info.js'
import { hasMovingInstant, parametersKey, sentValues } from './cache-key.js'
import type { CachedRead, ResultWish } from './cached-read.js'
import type { Knowledge } from './definitions.js'
import type { Asked } from './found.js'
import { type KnownStatement, type ReadRules, rulesFor } from './statements.js'

/** What a query says about caching, checked, and how reads that say different things are kept apart. */
export interface CacheWish {
  readonly wanted: QueryCacheOptions
  readonly variant: string
}

const SILENT: CacheWish = { wanted: {}, variant: '' }

/** Wishes that can no longer change are understood once. */
const understood = new WeakMap<object, CacheWish>()

/**
 * Understands what a query says about caching.
 *
 * @throws OptionsError
 */
export function wishOf(given: unknown): CacheWish {
  if (given === undefined) return SILENT
  const known = typeof given === 'object' && given !== null ? understood.get(given) : undefined
  if (known !== undefined) return known
  const wanted = checkQueryCache(given)
  const wish = { wanted, variant: wanted === false ? '' : variantOf(wanted) }
  if (typeof given === 'object' && Object.isFrozen(given)) understood.set(given as object, wish)
  return wish
}

/** A result kept for one wish may be too old, or depend on too little, for another. */
function variantOf({ ttl, maxStale, dependsOn }: Exclude<QueryCacheOptions, false>): string {
  const tables = dependsOn === undefined ? '' : [...dependsOn].sort().join()
  return ttl === undefined && maxStale === undefined && tables === '' ? '' : `(${ttl},${maxStale},${tables})`
}

/** The parts of a query's config that decide how it is cached. */
export interface QueryParts {
  readonly text?: string
  readonly values?: readonly unknown[]
  readonly rowMode?: string
  readonly types?: ResultWish['types']
  /** A portal that is read in pieces. */
  readonly rows?: number
  readonly binary?: boolean
  /** See {@link QueryCacheOptions}. */
  readonly cache?: unknown
  /** A token that has not been looked at yet. */
  readonly after?: unknown
}

/** A config as its parts; pg's second argument overrides the config's values. */
export function partsOf({ config, values }: QueryRequest): QueryParts {
  if (typeof config === 'string') return values === undefined ? { text: config } : { text: config, values }
  const parts = config as QueryParts
  return values === undefined ? parts : { ...parts, values }
}

/** Whether a kept result can serve what the query asks for. */
export function isServable({ rows, binary }: QueryParts): boolean {
  return rows === undefined && binary !== true
}

/** Reasons that a caller who names the dependencies can overrule. */
const OVERRULED: ReadonlySet<UncacheableReason> = new Set([
  'not-immutable-function',
  'time-dependent',
  'no-table',
  'not-understood',
  'unknown-relation',
])

/** What is known of the query besides its request. */
export interface ReadContext {
  readonly knowledge: Knowledge
  readonly statement: KnownStatement
  readonly consistency: Consistency
  /** What pg looks parsers up in when a query brings none. */
  readonly types: ResultWish['types']
}

/**
 * How to answer a read from the cache; or why not.
 *
 * @throws OptionsError for what a query must not say about caching
 */
export function toRead(request: QueryRequest, context: ReadContext): CachedRead | BypassReason {
  const { wanted, variant: wish } = wishOf(request.cache)
  if (wanted === false) return 'asked-not-to'
  const { identity } = request
  if (identity !== undefined && context.knowledge.catalog.namesDiffer(identity.role))
    return 'row-level-security'
  const variant = identity === undefined ? wish : `${wish}@${contextOf(identity, context.statement)}`
  const rules = rulesOf(context, wanted)
  if (typeof rules === 'string') return rules
  const parts = partsOf(request)
  if (!isServable(parts)) return 'unsupported-query'
  const { text = '' } = parts
  const values = sentValuesOrNone(parts.values)
  if (values === 'none') return 'unkeyable-parameter'
  const parameters = hasMovingInstant(values) ? undefined : parametersKey(values)
  if (parameters === undefined) return 'unkeyable-parameter'
  return {
    key: `${context.statement.id}${variant}:${parameters}`,
    request: values === undefined ? request : { ...request, values },
    text,
    values,
    parameters,
    variant,
    shape: { rowMode: parts.rowMode, types: parts.types ?? context.types },
    dependencies: rules.dependencies,
    ttl: (wanted.ttl as number | undefined) ?? rules.ttl,
    maxStale: (wanted.maxStale as number | undefined) ?? rules.maxStale,
    consistency: wanted.consistency ?? context.consistency,
    admission: context.statement.admission,
    asked: request.asked as Asked | undefined,
  }
}

/** What of an identity decides the result: the role alone where neither policies nor the query ask for more. */
function contextOf({ key, roleKey }: Identity, { plan }: KnownStatement): string {
  const isForAll = plan.kind === 'read' && !plan.readsClaims && plan.uncacheable === undefined
  return isForAll ? roleKey : key
}

/** Values that cannot be sent are the driver's to complain about. */
function sentValuesOrNone(values: readonly unknown[] | undefined): unknown[] | undefined | 'none' {
  try {
    return sentValues(values)
  } catch {
    return 'none'
  }
}

function rulesOf(
  { knowledge, statement }: ReadContext,
  wanted: Exclude<QueryCacheOptions, false>,
): ReadRules | BypassReason {
  const { plan, rules } = statement
  if (plan.kind !== 'read') return 'not-a-select'
  if (knowledge.standby) return 'standby'
  if (wanted.dependsOn === undefined) return rules ?? plan.uncacheable ?? 'table-not-opted-in'
  if (plan.uncacheable !== undefined && !OVERRULED.has(plan.uncacheable)) return plan.uncacheable
  if (plan.uncacheable === 'time-dependent' && wanted.ttl === undefined) return 'time-dependent'
  const dependencies = [...plan.dependencies, ...named(wanted.dependsOn, knowledge)]
  return rulesFor(dependencies, knowledge.settingsOf) ?? 'table-not-opted-in'
}

/** Tables by the names they were opted in with, without any condition. */
function named(names: readonly string[], { tables }: Knowledge): ReadDependency[] {
  return names.map(name => {
    const table = tables.get(name)
    if (table !== undefined) return { table, equality: undefined }
    const known = [...tables.keys()].join(', ')
    throw new OptionsError('cache.dependsOn', `tables of the option cache.tables (${known})`, 'another name')
  })
}
