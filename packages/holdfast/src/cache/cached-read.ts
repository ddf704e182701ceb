import type { Consistency } from '../base/cache-options.js'
import type { QueryRequest } from '../base/execute.js'
import type { ReadDependency } from '../sql/plan.js'
import type { Admission } from './entry.js'
import type { Asked } from './found.js'
import type { MaterializeOptions } from './materializer.js'

/** How the caller wants its rows. */
export type ResultWish = MaterializeOptions

/** What the tier that all processes share has to know of a read. */
export interface SharedRead {
  /** Within this process: statement, parameters, context. */
  readonly key: string
  readonly text: string
  /** The values as a text. */
  readonly parameters: string
  /** What tells it from other reads of the same text: the dependencies that were named. */
  readonly variant: string
  /** Milliseconds. */
  readonly ttl: number
  readonly admission: Admission
  /** The key for all processes, once it has been made. */
  sharedKey?: string | undefined
  /** A kept value is to be loaded anew, though it is good. */
  readonly refresh?: boolean
}

/** What is kept of a found value, and how it is handed out. */
export interface KeptRead {
  /** As in {@link SharedRead}. */
  readonly key: string
  readonly shape: ResultWish
  /** Milliseconds; 0: never stale. */
  readonly maxStale: number
  readonly admission: Admission
}

/** One read that may be answered from the cache. */
export interface CachedRead extends SharedRead, KeptRead {
  readonly request: QueryRequest
  readonly values: readonly unknown[] | undefined
  readonly dependencies: readonly ReadDependency[]
  readonly consistency: Consistency
  /** What the shared tier has said of it already. */
  readonly asked?: Asked | undefined
}

/** What decides whether a kept result will do. */
export type HitWish = Pick<CachedRead, 'consistency' | 'shape'>
