/** Something that listens. */
interface Listening {
  /** Stops accepting and settles when the last request is answered. */
  close(): PromiseLike<unknown>
  readonly server: { closeAllConnections(): void }
}

/** Something that holds connections to a database. */
export interface Ending {
  /** Settles within about so many milliseconds: what still runs then is cut. */
  end(options: { timeout: number }): Promise<unknown>
}

/** What is stopped and for how long, in milliseconds, requests in flight may go on. */
export interface DrainOptions {
  /** What accepts requests; closed first. */
  readonly app: Listening
  /** What the requests in flight still need, and what tells of them; ended last. */
  readonly endings: readonly Ending[]
  readonly timeout: number
}

/** How long the rest may take after the last request, in milliseconds: nothing that anybody waits for runs any more. */
const END_TIMEOUT = 2_000

/** Stops accepting, lets requests in flight finish, cuts those that are still there after `timeout`, ends the rest. */
export async function drain({ app, endings, timeout }: DrainOptions): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), timeout)
  try {
    await app.close()
  } finally {
    clearTimeout(timer)
    await Promise.all(endings.map(each => each.end({ timeout: END_TIMEOUT })))
  }
}
