import type { Clock } from './clock.js'
import type { QueryEvent, QueryObserver } from './query-event.js'
import { QueryTrace, type TraceEnd } from './query-trace.js'
import { throwLater } from './throw-later.js'

type HitListener = NonNullable<QueryObserver['hit']>

/** Who observes the queries of a pool. While nobody does, nothing is made for a query. */
export class QueryObservers implements TraceEnd {
  readonly #clock: Clock
  #observers: readonly QueryObserver[] = []
  /** Those that want to know of beginnings. */
  #starters: readonly QueryObserver[] = []
  /** What hits are told to. */
  #hits: readonly HitListener[] = []
  #countsHits = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Adds an observer. @returns takes it away again */
  add(observer: QueryObserver): () => void {
    this.#change([...this.#observers, observer])
    return () => this.#change(this.#observers.filter(each => each !== observer))
  }

  /** Whether hits in memory may be told by {@link QueryObservers.hit}, for which no event is made. */
  get countsHits(): boolean {
    return this.#countsHits
  }

  /** A result came out of memory, `millis` after it was asked for. */
  readonly hit = (text: string, rows: number, millis: number): void => {
    for (const hit of this.#hits) {
      try {
        hit(text, rows, millis)
      } catch (error) {
        throwLater(error)
      }
    }
  }

  /**
   * A query begins; `undefined` when nobody observes, or when what was given is no query.
   *
   * @param startedAt when it was called. Default: now
   */
  begin(config: unknown, startedAt?: number): QueryTrace | undefined {
    if (this.#observers.length === 0) return undefined
    const trace = this.#traceOf(config, startedAt ?? this.now())
    if (trace !== undefined && this.#starters.length > 0) this.#started(trace)
    return trace
  }

  now(): number {
    return this.#clock.now()
  }

  ended(event: QueryEvent): void {
    for (const observer of this.#observers) {
      try {
        observer.ended(event)
      } catch (error) {
        throwLater(error)
      }
    }
  }

  #change(observers: readonly QueryObserver[]): void {
    this.#observers = observers
    this.#starters = observers.filter(({ started }) => started !== undefined)
    this.#hits = observers.flatMap(({ hit }) => hit ?? [])
    this.#countsHits = observers.length > 0 && observers.every(({ hit }) => hit !== undefined)
  }

  #started(event: QueryEvent): void {
    for (const observer of this.#starters) {
      try {
        observer.started?.(event)
      } catch (error) {
        throwLater(error)
      }
    }
  }

  #traceOf(config: unknown, startedAt: number): QueryTrace | undefined {
    if (typeof config === 'string') return new QueryTrace({ text: config, name: undefined }, startedAt, this)
    if (typeof config !== 'object' || config === null) return undefined
    const { text, name } = config as { text?: unknown; name?: unknown }
    const named = typeof name === 'string' ? name : undefined
    if (typeof text === 'string') return new QueryTrace({ text, name: named }, startedAt, this)
    return named === undefined ? undefined : new QueryTrace({ text: '', name: named }, startedAt, this)
  }
}
