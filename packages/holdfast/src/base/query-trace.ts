import type { QueryEvent } from './query-event.js'

/** Whom a trace tells that its query has ended. */
export interface TraceEnd {
  now(): number
  ended(event: QueryEvent): void
}

/** What is looked at in a result. */
interface Answer {
  readonly rowCount: number | null
  readonly cache?: { readonly status: QueryEvent['cache']; readonly tier?: QueryEvent['tier'] }
}

/** A query that is observed: written to along its way through the pool, and handed to the observers at its end. */
export class QueryTrace implements QueryEvent {
  readonly text: string
  readonly name: string | undefined
  readonly startedAt: number
  endedAt = 0
  waitMillis = 0
  attempts = 0
  rows = 0
  error: Error | undefined = undefined
  cache: QueryEvent['cache'] = undefined
  tier: QueryEvent['tier'] = undefined
  target: string | undefined = undefined
  comment: string | undefined = undefined
  notice: string | undefined = undefined
  readonly #end: TraceEnd

  constructor(query: Pick<QueryEvent, 'text' | 'name'>, startedAt: number, end: TraceEnd) {
    this.text = query.text
    this.name = query.name
    this.startedAt = startedAt
    this.#end = end
  }

  /** A connection was lent for an attempt. @param waitMillis how long that took */
  lent(waitMillis: number): void {
    // An attempt that lost a race comes too late to change what observers were told.
    if (this.endedAt !== 0) return
    this.attempts++
    this.waitMillis += waitMillis
  }

  /** It was waited for a connection in vain. */
  waited(millis: number): void {
    if (this.endedAt === 0) this.waitMillis += millis
  }

  /** The server said something while it ran; what `auto_explain` says is kept. */
  explained(notice: string | undefined): void {
    if (this.endedAt === 0 && notice?.startsWith('duration: ') && notice.includes('plan:'))
      this.notice = notice
  }

  /** A node answered, or failed to. */
  answeredBy(target: string): void {
    if (this.endedAt === 0) this.target = target
  }

  /** Settles as the promise does, once the observers have been told. */
  follow<T>(promise: Promise<T>): Promise<T> {
    return promise.then(
      result => {
        this.#succeeded(result as Answer | Answer[])
        return result
      },
      error => {
        this.error = error as Error
        this.#ended()
        throw error
      },
    )
  }

  #succeeded(result: Answer | Answer[]): void {
    this.rows = rowsOf(result)
    const { cache } = result as Answer
    if (cache !== undefined) {
      this.cache = cache.status
      this.tier = cache.tier
    }
    this.#ended()
  }

  #ended(): void {
    this.endedAt = this.#end.now()
    this.#end.ended(this)
  }
}

/** A text of several statements gives a list of results. */
function rowsOf(result: Answer | Answer[]): number {
  if (!Array.isArray(result)) return result.rowCount ?? 0
  return result.reduce((sum, each) => sum + rowsOf(each), 0)
}
