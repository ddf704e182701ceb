import type { EventEmitter } from 'node:events'
import type { PoolClient } from 'pg'
import { throwLater } from '../base/throw-later.js'
import type { Logger, Warning } from '../base/warning.js'

/** Tells the listeners of a pool and its logger what no call can be told. */
export class Announcer {
  readonly #pool: EventEmitter
  readonly #name: string
  readonly #logger: Logger | undefined

  constructor(pool: EventEmitter, name: string, logger: Logger | undefined) {
    this.#pool = pool
    this.#name = name
    this.#logger = logger
  }

  /** A listener that throws is the application's bug: reported as such, it does not unbalance the pool. */
  emit(event: string, ...args: unknown[]): void {
    try {
      this.#pool.emit(event, ...args)
    } catch (error) {
      throwLater(error)
    }
  }

  warn(warning: Warning): void {
    this.#logger?.warn({ code: warning.code, pool: this.#name }, warning.message)
    this.emit('warning', warning)
    // An unprotected connection is never passed over in silence.
    if (this.#logger === undefined && warning.code.startsWith('tls-')) {
      process.emitWarning(warning.message, { type: 'HoldfastWarning', code: warning.code })
    }
  }

  /** A connection that nobody used was lost. */
  idleLost(client: PoolClient, error: Error): void {
    // As pg's pool has it; not enumerable, so that logging the error does not log the client.
    Object.defineProperty(error, 'client', { value: client, configurable: true, writable: true })
    if (this.#pool.listenerCount('error') > 0) return this.emit('error', error, client)
    const message = `Pool "${this.#name}": an idle connection was lost (${error.message}).`
    this.warn({ code: 'idle-connection-lost', message, cause: error })
  }
}
