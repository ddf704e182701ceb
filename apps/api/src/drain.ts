/** Something that listens. */
interface Listening {
  /** Stops accepting and settles when the last request is answered. */
  close(): PromiseLike<unknown>
  readonly server: { closeAllConnections(): void }
}

/** Something that holds connections to a database. */
interface Ending {
  end(options: { timeout: number }): Promise<unknown>
}

/** What is stopped and for how long, in milliseconds, requests in flight may go on. */
export interface DrainOptions {
  /** What accepts requests; closed first. */
  readonly app: Listening
  /** What the requests in flight still need; ended last. */
  readonly pool: Ending
  readonly timeout: number
}

/** How long the pool may take after the last request, in milliseconds: nothing of value runs in it any more. */
const POOL_TIMEOUT = 2_000

/** Stops accepting, lets requests in flight finish, cuts those that are still there after `timeout`, ends the pool. */
export async function drain({ app, pool, timeout }: DrainOptions): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), timeout)
  try {
    await app.close()
  } finally {
    clearTimeout(timer)
    await pool.end({ timeout: POOL_TIMEOUT })
  }
}
