import type { Result } from '../base/execute.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { QueryTrace } from '../base/query-trace.js'
import type { Cache } from './cache.js'
import type { Asked } from './found.js'
import type { Config, HitCalls, Values } from './hit-calls.js'

/** What a pool's queries go through before they become requests. */
export interface ObservedQueryParts {
  readonly cache: Cache | undefined
  readonly observers: QueryObservers
  /** The long way. Never throws: it rejects. */
  readonly send: (config: Config, values: Values, known: KnownOfQuery) => Promise<Result>
}

/** What is known of a query before it becomes a request. */
export interface KnownOfQuery {
  /** Absent: nobody observes it. */
  readonly trace?: QueryTrace | undefined
  readonly asked?: Asked | undefined
}

/** Makes the function that answers queries, by the fast path of the cache or the long way, and tells the observers. */
export function observedQuery({ cache, observers, send }: ObservedQueryParts) {
  const sendObserved: HitCalls['send'] = (config, values, begun) => {
    const trace = observers.begin(config, begun?.startedAt)
    const answer = send(config, values, { trace, asked: begun?.asked })
    return trace === undefined ? answer : trace.follow(answer)
  }
  if (cache === undefined) return sendObserved
  const counted: HitCalls = { send: sendObserved, onHit: observers.hit }
  return (config: Config, values: Values): Promise<Result> => {
    if (observers.countsHits) return answerOf(cache, [config, values], counted)
    const trace = observers.begin(config)
    const answer = answerOf(cache, [config, values], {
      send: (config, values, begun) => send(config, values, { trace, asked: begun?.asked }),
    })
    return trace === undefined ? answer : trace.follow(answer)
  }
}

function answerOf(cache: Cache, [config, values]: readonly [Config, Values], calls: HitCalls) {
  try {
    return cache.hit(config, values, calls) ?? calls.send(config, values)
  } catch (error) {
    return Promise.reject(error)
  }
}
