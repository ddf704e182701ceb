import type { QueryEvent, QueryObserver } from '../base/query-event.js'
import { type CategoryOf, StatementCounters } from './statement-counters.js'
import { LONGEST_SHAPED, statementShape } from './statement-shape.js'

/** A run that was slow. */
export interface SlowRun {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly millis: number
  /** Of these, spent waiting for a connection. */
  readonly waitMillis: number
  /** Of the caller; absent unless it is asked for. */
  readonly location?: string | undefined
  /** As EXPLAIN printed it; absent unless it is asked for. */
  readonly plan?: string | undefined
}

/** A statement that is counted. */
export class CountedStatement {
  /** From 1, and never given again. */
  readonly id: number
  /** The text of its first call, cut off if it is long; literals and all. */
  readonly example: string
  readonly counters = new StatementCounters()
  lastSlow: SlowRun | undefined = undefined
  /** Worked out when somebody asks. */
  identity: { readonly fingerprint: string; readonly text: string } | undefined = undefined

  constructor(id: number, example: string) {
    this.id = id
    this.example = example
  }
}

/** A tenth goes at once, so that finding the cheapest is not done for each newcomer. */
const EVICTED_PART = 0.1

/**
 * Counts queries by statement, in bounded memory: when there are too many, those that have taken the least time in all are
 * forgotten as statements and counted together.
 */
export class StatementTable implements QueryObserver {
  readonly #most: number
  readonly #categoryOf: CategoryOf
  /** Of all queries. */
  readonly all = new StatementCounters()
  readonly #others = new StatementCounters()
  #met = 0
  readonly #byShape = new Map<string, CountedStatement>()
  /** Texts that were met lately: looking one up costs less than looking at its characters. */
  readonly #byText = new Map<string, CountedStatement>()
  /** The statement of the latest hit: the next one is often of the same. */
  #last: CountedStatement | undefined = undefined
  #lastText: string | undefined = undefined

  /** @param most statements that are told apart */
  constructor(most: number, categoryOf: CategoryOf) {
    this.#most = most
    this.#categoryOf = categoryOf
  }

  ended(event: QueryEvent): void {
    this.all.note(event, this.#categoryOf)
    this.of(event).counters.note(event, this.#categoryOf)
  }

  readonly hit = (text: string, rows: number, millis: number): void => {
    this.all.noteHit(rows, millis)
    if (text !== this.#lastText) this.#latest(text)
    this.#last?.counters.noteHit(rows, millis)
  }

  /** The statement that a query counts for. */
  of({ text, name }: QueryEvent): CountedStatement {
    const key = text === '' && name !== undefined ? `(statement "${name}")` : text
    return this.#byText.get(key) ?? this.#meet(key)
  }

  #latest(text: string): void {
    this.#last = this.#byText.get(text) ?? this.#meet(text)
    this.#lastText = text
  }

  get statements(): Iterable<CountedStatement> {
    return this.#byShape.values()
  }

  /** Of those whose statements were forgotten. */
  get others(): StatementCounters {
    return this.#others
  }

  #meet(text: string): CountedStatement {
    const shape = statementShape(text)
    const statement = this.#byShape.get(shape) ?? this.#add(shape, text)
    if (text.length > LONGEST_SHAPED) return statement
    if (this.#byText.size >= this.#most) this.#byText.clear()
    this.#byText.set(text, statement)
    return statement
  }

  #add(shape: string, text: string): CountedStatement {
    if (this.#byShape.size >= this.#most) this.#evict()
    // A copy: a slice would keep the whole text.
    const example =
      text.length > LONGEST_SHAPED ? Buffer.from(text.slice(0, LONGEST_SHAPED)).toString() : text
    const statement = new CountedStatement(++this.#met, example)
    this.#byShape.set(shape, statement)
    return statement
  }

  #evict(): void {
    const cheapest = [...this.#byShape].sort(
      ([, a], [, b]) => a.counters.totalMillis - b.counters.totalMillis,
    )
    for (const [shape, { counters }] of cheapest.slice(0, Math.max(1, this.#most * EVICTED_PART))) {
      this.#others.merge(counters)
      this.#byShape.delete(shape)
    }
    this.#byText.clear()
    this.#last = undefined
    this.#lastText = undefined
  }
}
