import { AsyncResource } from 'node:async_hooks'
import type { Clock } from '../base/clock.js'
import { unreferenced } from '../connections/drop-in.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { type NodeStatus, StatusQuestion } from './node-status.js'

/** How a server is watched. */
export interface NodeWatchParts {
  readonly open: (signal: AbortSignal) => Promise<PgConnection>
  readonly clock: Clock
  /** Told after each look. */
  readonly onStatus: (status: NodeStatus) => void
  /** Milliseconds until the next look. */
  readonly pause: () => number
  /** Whether somebody waits for what the looks may bring: only then the pause keeps the process alive. */
  readonly isAwaited: () => boolean
}

/** Milliseconds in which a server has to answer, and to accept a connection. */
export const LOOK_TIMEOUT_MS = 2_000

/** Looks at one server again and again over a connection of its own, and at once when that is lost. */
export class NodeWatch {
  readonly #parts: NodeWatchParts
  readonly #closed = new AbortController()
  /** Looks go on for the life of the pool: not in the async context of the request that happened to ask for one. */
  readonly #context = new AsyncResource('HoldfastNodeWatch')
  #session: { connection: PgConnection; question: StatusQuestion } | undefined
  #running: Promise<NodeStatus> | undefined
  #next: Promise<NodeStatus> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: NodeWatchParts) {
    this.#parts = parts
  }

  /** Starts the looks, if they are not going on yet. */
  start(): void {
    if (this.#running === undefined && this.#timer === undefined) void this.look()
  }

  /** What the server says when it is asked after this call; calls share a question where they can. */
  look(): Promise<NodeStatus> {
    if (this.#running === undefined) return this.#begin()
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      return this.#begin()
    })
    return this.#next
  }

  /** Ends the looks and closes the connection. */
  async close(): Promise<void> {
    this.#closed.abort(new Error('The pool was ended.'))
    this.#parts.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    const connection = this.#session?.connection
    this.#session = undefined
    // A server that owes an answer may owe it for ever.
    if (this.#running !== undefined) connection?.destroy()
    await connection?.close()
    await this.#running
  }

  #begin(): Promise<NodeStatus> {
    this.#parts.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#running = this.#context.runInAsyncScope(this.#lookNow, this)
    return this.#running
  }

  async #lookNow(): Promise<NodeStatus> {
    const status = await this.#ask()
    this.#running = undefined
    if (this.#closed.signal.aborted) return status
    this.#parts.onStatus(status)
    // Whoever was told may have asked for the next look already.
    if (this.#running === undefined) this.#schedule()
    return status
  }

  #schedule(): void {
    const { clock, pause, isAwaited } = this.#parts
    this.#timer = clock.setTimeout(() => void this.look(), pause())
    if (!isAwaited()) this.#timer.unref()
  }

  async #ask(): Promise<NodeStatus> {
    try {
      const { connection, question } = await this.#connected()
      // Between the looks it must not keep the process alive; whoever waits for this one must find it alive.
      unreferenced(connection.client).ref()
      const status = await question.ask(connection, LOOK_TIMEOUT_MS)
      unreferenced(connection.client).unref()
      return status
    } catch (error) {
      this.#drop()
      return { kind: 'down', error: error as Error }
    }
  }

  async #connected(): Promise<{ connection: PgConnection; question: StatusQuestion }> {
    if (this.#session?.connection.usable) return this.#session
    this.#closed.signal.throwIfAborted()
    const connection = await this.#parts.open(this.#closed.signal)
    if (this.#closed.signal.aborted) {
      await connection.close()
      this.#closed.signal.throwIfAborted()
    }
    connection.onLost = () => this.#lost(connection)
    this.#session = { connection, question: new StatusQuestion() }
    return this.#session
  }

  /** A server that ends its connections is looked at at once: it may be about to be replaced. */
  #lost(connection: PgConnection): void {
    if (this.#session?.connection !== connection || this.#running !== undefined) return
    void this.look()
  }

  #drop(): void {
    this.#session?.connection.destroy()
    this.#session = undefined
  }
}
