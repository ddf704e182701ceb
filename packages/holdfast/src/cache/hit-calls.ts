import type { Result } from '../base/execute.js'
import type { ResultWish } from './cached-read.js'
import type { Asked } from './found.js'
import type { QueryParts } from './to-read.js'

export type Config = string | QueryParts
export type Values = readonly unknown[] | undefined

/** What is known of a query that goes the long way after all. */
export interface Begun {
  /** When it was called, on the pool's clock. */
  readonly startedAt: number
  readonly asked?: Asked
}

/** How a query goes on that the fast path cannot answer, and whom hits are told to. Made once: a hit makes nothing for itself. */
export interface HitCalls {
  /** The long way. @param begun absent: it begins now */
  readonly send: (config: Config, values: Values, begun?: Begun) => Promise<Result>
  /** Told of each hit, with the milliseconds that it took; absent: whoever wants to know follows the answer. */
  readonly onHit?: (text: string, rows: number, millis: number) => void
}

/** A query that cannot be answered at once. */
export interface OpenQuery {
  readonly config: Config
  readonly values: Values
  readonly calls: HitCalls
  readonly shape: ResultWish
  /** When it was called. */
  readonly now: number
}

/** Of a query that has a key. */
export function textOf(config: Config): string {
  return (typeof config === 'string' ? config : config.text) as string
}
