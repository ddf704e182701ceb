import type { CacheSettings } from '../base/cache-options.js'
import type { Clock } from '../base/clock.js'
import type { Result } from '../base/execute.js'
import { parametersKey } from './cache-key.js'
import type { HitWish, ResultWish } from './cached-read.js'
import type { Definitions } from './definitions.js'
import type { Entry } from './entry.js'
import { type Config, type HitCalls, type OpenQuery, textOf, type Values } from './hit-calls.js'
import type { Reader } from './reader.js'
import type { SharedPath } from './shared-path.js'
import { isServable, type QueryParts, wishOf } from './to-read.js'

/** What the fast path works with. */
export interface FastPathParts {
  readonly settings: CacheSettings
  readonly clock: Clock
  readonly types: ResultWish['types']
  readonly reader: Reader
  readonly definitions: Definitions
  /** Absent: what is not in memory goes the long way. */
  readonly sharedPath: SharedPath | undefined
}

/** Answers queries out of memory before anything is made for them. */
export class FastPath {
  readonly #parts: FastPathParts
  readonly #defaultWish: HitWish

  constructor(parts: FastPathParts) {
    this.#parts = parts
    const { settings, types } = parts
    this.#defaultWish = { consistency: settings.consistency, shape: { rowMode: undefined, types } }
  }

  /**
   * A hit: at once, or when the shared barrier has passed.
   *
   * @returns `undefined` when the query has to go the long way at once
   */
  answer(config: Config, values: Values, calls: HitCalls): Promise<Result> | undefined {
    const key = this.#keyOf(config, values)
    if (key === undefined) return undefined
    const { reader, clock } = this.#parts
    const now = clock.now()
    const entry = reader.find(key, now)
    const { consistency, shape } = this.#wishOf(config)
    if (entry === undefined) return this.#parts.sharedPath?.answer({ config, values, calls, shape, now }, key)
    if (!reader.needsNoBarrier(consistency, now))
      return this.#confirmed(entry, { config, values, calls, shape, now })
    try {
      const result = reader.serve(entry, shape, now)
      calls.onHit?.(textOf(config), result.rowCount ?? 0, 0)
      return Promise.resolve(result)
    } catch {
      // A parser throws: it does so again on the long way, where that is observed.
      return undefined
    }
  }

  /** Apart from the way of a hit at once, which would have to make room for what is remembered here. */
  #confirmed(entry: Entry, { config, values, calls, shape, now }: OpenQuery): Promise<Result> {
    const { reader } = this.#parts
    return reader.barrier().then(passedAt => {
      if (passedAt === undefined || !entry.current) return calls.send(config, values, { startedAt: now })
      try {
        const result = reader.serve(entry, shape, passedAt)
        calls.onHit?.(textOf(config), result.rowCount ?? 0, passedAt - now)
        return result
      } catch {
        return calls.send(config, values, { startedAt: now })
      }
    })
  }

  /** Under which key a query's result may be kept in memory; `undefined` when it has to go the long way. */
  #keyOf(config: Config, given: Values): string | undefined {
    const statements = this.#parts.definitions.knowledge?.statements
    if (statements === undefined) return undefined
    const parts = typeof config === 'string' ? undefined : config
    const text = parts === undefined ? (config as string) : parts.text
    const statement = text === undefined ? undefined : statements.peek(text)
    if (statement?.rules === undefined) return undefined
    const variant = parts === undefined ? '' : variantIfSimple(parts)
    const parameters = variant === undefined ? undefined : parametersKey(given ?? parts?.values)
    return parameters === undefined ? undefined : `${statement.id}${variant}:${parameters}`
  }

  #wishOf(config: Config): HitWish {
    if (typeof config === 'string' || (config.rowMode === undefined && config.types === undefined))
      return this.#defaultWish
    const { rowMode, types = this.#parts.types } = config
    return { consistency: this.#parts.settings.consistency, shape: { rowMode, types } }
  }
}

/** The variant of a query that the fast path understands; `undefined` for others. */
function variantIfSimple(parts: QueryParts): string | undefined {
  if (!isServable(parts) || parts.after !== undefined) return undefined
  if (parts.cache === undefined) return ''
  if (!Object.isFrozen(parts.cache)) return undefined
  const { wanted, variant } = wishOf(parts.cache)
  return wanted === false || wanted.consistency !== undefined ? undefined : variant
}
