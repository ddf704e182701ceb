/** The part of node-redis' client that every version has; structural, because node-redis is an optional dependency. */
export interface CacheClient {
  /** Whether commands reach Redis at this moment. */
  readonly isReady: boolean
  get(key: string): Promise<unknown>
  set(key: string, value: string, options?: object): Promise<unknown>
  del(key: string): Promise<unknown>
  sendCommand(args: readonly string[]): Promise<unknown>
}

/**
 * A small cache of the application's own, which the old platform's applications call by these names. It is apart from
 * the cache of queries: nothing is invalidated here but by `delete` and by time. No call ever rejects.
 */
export interface CacheAccess {
  /** What was set and has not expired; `null` for everything else, and while Redis is away. */
  get(key: string): Promise<unknown>
  /**
   * Keeps what JSON can hold of a value. Resolves to whether it is kept.
   *
   * @param ttl seconds; default {@link DEFAULT_TTL_SECONDS}
   */
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  /** Resolves to whether nothing is kept under the key any longer. */
  delete(key: string): Promise<boolean>
  /** The client of node-redis, connected or about to be; `null` without Redis. */
  readonly client: CacheClient | null
}

/** A {@link CacheAccess} that may hold a connection. */
export interface ClosableCache extends CacheAccess {
  /** Ends the connection, if it made one. */
  close(): void
}

export const DEFAULT_TTL_SECONDS = 300

/** The cache that is not there: finds nothing, keeps nothing, and says so. */
export const noCache: ClosableCache = Object.freeze({
  get: async () => null,
  set: async () => false,
  delete: async () => false,
  client: null,
  close: () => {},
})

/** What is kept of a value, with the milliseconds it is kept for; `undefined` for what cannot be kept. */
export function keepable(value: unknown, ttl: unknown): { text: string; millis: number } | undefined {
  const millis = Math.round(Number(ttl) * 1_000)
  if (!Number.isSafeInteger(millis) || millis < 1) return undefined
  try {
    const text: string | undefined = JSON.stringify(value)
    return text === undefined ? undefined : { text, millis }
  } catch {
    return undefined
  }
}
