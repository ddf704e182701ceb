import type { Clock } from '../base/clock.js'
import type { Result } from '../base/execute.js'
import { hasTimeWord } from '../sql/time-words.js'
import type { KeptRead, SharedRead } from './cached-read.js'
import type { Definitions } from './definitions.js'
import type { Entry } from './entry.js'
import type { Found, FoundValue } from './found.js'
import { type Config, type OpenQuery, textOf, type Values } from './hit-calls.js'
import type { MemoryStore } from './memory-store.js'
import type { Reader } from './reader.js'
import type { SharedTier } from './shared-tier.js'
import type { KnownStatement, ReadRules } from './statements.js'
import { readTags } from './tag-names.js'
import type { Tag, TagRegistry } from './tags.js'

/** What the shared path works with. */
export interface SharedPathParts {
  readonly clock: Clock
  readonly reader: Reader
  readonly definitions: Definitions
  readonly memory: MemoryStore<Entry>
  readonly tags: TagRegistry
  readonly shared: SharedTier
}

/** A read with nothing but what the shared tier and memory have to know of it. */
type BareRead = SharedRead & KeptRead

/** Answers queries from the tier that all processes share, before a request is made for them. */
export class SharedPath {
  readonly #parts: SharedPathParts

  constructor(parts: SharedPathParts) {
    this.#parts = parts
  }

  /**
   * Asks for a query that the fast path understands and that memory has nothing of. One that is not found there takes what
   * was found along on the long way: nobody is asked twice.
   *
   * @param key under which the result may be kept in memory
   * @returns `undefined` when the query has to go the long way at once
   */
  answer(query: OpenQuery, key: string): Promise<Result> | undefined {
    const { definitions, memory, shared, tags } = this.#parts
    const statement = definitions.knowledge?.statements.peek(textOf(query.config))
    if (statement?.rules === undefined || !shared.answers) return undefined
    // What is outdated or near its end may still serve on the long way.
    if (memory.get(key, query.now) !== undefined) return undefined
    const values = plainValues(query)
    if (saysMore(query.config) || values === 'none') return undefined
    const read = readOf(query, { key, statement, rules: statement.rules })
    const held = tags.hold(readTags(statement.rules.dependencies, values, shared.wideTables))
    return shared.find(read, held).then(found => this.#go(query, { read, values, held, found }))
  }

  #go(query: OpenQuery, { read, values, held, found }: Answered): Result | Promise<Result> {
    const { tags } = this.#parts
    const result = found !== 'wait' && found.kind === 'value' ? this.#serve(query, read, found) : undefined
    if (result !== undefined) {
      tags.letGo(held)
      return result
    }
    const { calls, config, now } = query
    const asked = { key: read.key, tags: held, found }
    return calls.send(config, values, { startedAt: now, asked }).finally(() => tags.letGo(held))
  }

  /** `undefined` when a parser throws: it does so again on the long way, where that is observed. */
  #serve({ config, calls, now }: OpenQuery, read: BareRead, found: FoundValue): Result | undefined {
    try {
      const result = this.#parts.reader.adopt(read, found)
      calls.onHit?.(textOf(config), result.rowCount ?? 0, this.#parts.clock.now() - now)
      return result
    } catch {
      return undefined
    }
  }
}

/** What came of asking; the tags are held. */
interface Answered {
  readonly read: BareRead
  readonly values: Values
  readonly held: readonly Tag[]
  readonly found: Found | 'wait'
}

function readOf(
  { config, shape }: OpenQuery,
  { key, statement, rules }: { key: string; statement: KnownStatement; rules: ReadRules },
): BareRead {
  const { id, admission } = statement
  return {
    key,
    text: textOf(config),
    parameters: key.slice(id.length + 1),
    variant: '',
    shape,
    ttl: rules.ttl,
    maxStale: rules.maxStale,
    admission,
    sharedKey: undefined,
    refresh: false,
  }
}

/** Whether a query says how it is to be cached. */
function saysMore(config: Config): boolean {
  return typeof config === 'object' && config.cache !== undefined
}

/** The caller's values, copied because he may change them meanwhile; `none` when one of them is not sent as it is. */
function plainValues({ config, values: given }: OpenQuery): Values | 'none' {
  const values = given ?? (typeof config === 'string' ? undefined : config.values)
  if (values === undefined) return undefined
  return Array.isArray(values) && values.every(isPlain) ? values.slice() : 'none'
}

/** Whether a value is sent as it is, and means the same at any time. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'string') return !hasTimeWord(value)
  return value === null || value === undefined || PLAIN.has(typeof value)
}

const PLAIN: ReadonlySet<string> = new Set(['number', 'bigint', 'boolean'])
