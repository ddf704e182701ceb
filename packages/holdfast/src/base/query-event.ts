/**
 * One logical query, told when it has ended: a call of `pool.query()`, a statement of a transaction, BEGIN and COMMIT
 * included, or of a borrowed client. Its attempts are inside it. What the pool does for itself (checks, probes, resets) is
 * none, and neither is what talks to the driver by itself (cursors, streams, COPY).
 */
export interface QueryEvent {
  /** The SQL as the caller gave it, literals and all: not fit for a log. Empty for a named statement called by its name. */
  readonly text: string
  /** Of the named statement. */
  readonly name: string | undefined
  /** When the call was made, in milliseconds on the pool's clock (`performance.now()`). */
  readonly startedAt: number
  /** When its result or error was known, on the same clock; 0 until then. */
  readonly endedAt: number
  /** Milliseconds spent waiting for a connection, all attempts and the pauses between them together. */
  readonly waitMillis: number
  /** How often a connection was lent for it; 0 for a hit, or when none was lent. */
  readonly attempts: number
  /** Rows returned or affected, as PostgreSQL counts them; 0 when it failed. */
  readonly rows: number
  readonly error: Error | undefined
  /** Where the result came from; `undefined` on a pool without cache, for writes and for errors. */
  readonly cache: 'hit' | 'miss' | 'stale' | 'bypass' | undefined
  /** Where a hit was found. */
  readonly tier: 'memory' | 'redis' | undefined
  /** `host:port` of the node that answered; `undefined` when none did. */
  readonly target: string | undefined
  /** Sent behind its text as a comment of SQL, where the text may differ each time; set when it begins. */
  comment: string | undefined
  /** What `auto_explain` told the session, literals and all: not fit for a log. */
  readonly notice: string | undefined
}

/** Watches queries. What it throws reaches `uncaughtException`, never the query. */
export interface QueryObserver {
  /** It begins, in the async context of its caller; the same object is given to {@link QueryObserver.ended}. */
  readonly started?: ((event: QueryEvent) => void) | undefined
  /**
   * A result came out of memory, at once or when Redis had confirmed it: told instead of an event, where every observer of
   * the pool has this, because making one would cost half of what such a hit does. As an event it would be a hit of the tier
   * `memory` that has just ended and took `millis`.
   */
  readonly hit?: ((text: string, rows: number, millis: number) => void) | undefined
  /** It has ended, and the object is not changed any more. In the async context of its caller. */
  ended(event: QueryEvent): void
}

/** A hit in memory as an event, for an observer that wants to make one of it; its clock begins with it. */
export function hitEvent(text: string, rows: number, millis: number): QueryEvent {
  return {
    ...{
      text,
      rows,
      name: undefined,
      error: undefined,
      target: undefined,
      comment: undefined,
      notice: undefined,
    },
    ...{ startedAt: 0, endedAt: millis, waitMillis: 0, attempts: 0, cache: 'hit', tier: 'memory' },
  }
}
