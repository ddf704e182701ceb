import type { Consistency } from '../base/cache-options.js'
import type { QueryRequest } from '../base/execute.js'
import type { ReadDependency } from '../sql/plan.js'
import type { Admission } from './entry.js'
import type { MaterializeOptions } from './materializer.js'
import type { Stamp, Tag } from './tags.js'

/** How the caller wants its rows. */
export type ResultWish = MaterializeOptions

/** One read that may be answered from the cache. */
export interface CachedRead {
  /** Within this process: statement, parameters, context. */
  readonly key: string
  readonly request: QueryRequest
  readonly text: string
  readonly values: readonly unknown[] | undefined
  /** The values as a text. */
  readonly parameters: string
  /** What tells it from other reads of the same text: the dependencies that were named. */
  readonly variant: string
  readonly shape: ResultWish
  readonly dependencies: readonly ReadDependency[]
  /** Milliseconds. */
  readonly ttl: number
  /** Milliseconds; 0: never stale. */
  readonly maxStale: number
  readonly consistency: Consistency
  readonly admission: Admission
  /** The key for all processes, once it has been made. */
  sharedKey?: string
  /** A kept value is to be loaded anew, though it is good. */
  readonly refresh?: boolean
}

/** What decides whether a kept result will do. */
export type HitWish = Pick<CachedRead, 'consistency' | 'shape'>

/** Stamps that were current after a read began, with what they belong to. */
export interface Basis {
  readonly tags: readonly Tag[]
  readonly stamps: readonly Stamp[]
}
