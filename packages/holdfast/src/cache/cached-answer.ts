import type { Result } from '../base/execute.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { Cache } from './cache.js'
import type { QueryParts } from './to-read.js'

type Config = string | QueryParts
type Values = readonly unknown[] | undefined

/** A hit in memory, told to observers without an event; `undefined` when an answer takes longer. */
export function countedHit(
  cache: Cache | undefined,
  observers: QueryObservers,
  [config, values]: readonly [Config, Values],
): Promise<Result> | undefined {
  if (cache === undefined || !observers.countsHits) return undefined
  try {
    const result = cache.hitNow(config, values)
    if (result === undefined) return undefined
    observers.hit((typeof config === 'string' ? config : config.text) as string, result.rowCount ?? 0)
    return Promise.resolve(result)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** The fast path of the cache, else the long way of a query. */
export function cachedAnswer(
  cache: Cache | undefined,
  [config, values]: readonly [Config, Values],
  send: (config: Config, values: Values) => Promise<Result>,
): Promise<Result> {
  if (cache === undefined) return send(config, values)
  try {
    return cache.hit(config, values, send) ?? send(config, values)
  } catch (error) {
    return Promise.reject(error)
  }
}
