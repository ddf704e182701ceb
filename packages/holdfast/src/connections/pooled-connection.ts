import type { PgConnection } from '../driver/pg-connection.js'
import { type ConnectionEvent, type ConnectionState, nextState } from './connection-state.js'

/** A connection with what the pool knows about it. Instants are milliseconds on the pool's clock. */
export class PooledConnection {
  readonly connection: PgConnection
  /** After this instant it is not lent again. */
  expiresAt: number
  /** The pool's generation when it last proved alive; behind it, it is checked before it is lent. */
  generation: number
  idleSince: number
  lentAt = 0
  uses = 0
  /** Where it was borrowed: an error made there, whose stack says so. Absent for the pool's own queries. */
  borrower: Error | undefined
  leakReported = false
  /** Its borrower knows that a transaction is still open: no reason to warn. */
  rollbackExpected = false
  #state: ConnectionState = 'idle'

  constructor(connection: PgConnection, birth: { now: number; lifetime: number; generation: number }) {
    this.connection = connection
    this.idleSince = birth.now
    this.expiresAt = birth.now + birth.lifetime
    this.generation = birth.generation
  }

  get client() {
    return this.connection.client
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Who has it may finish; then it is closed. */
  retire(): void {
    this.expiresAt = Number.NEGATIVE_INFINITY
  }

  /** Moves to the next state. */
  apply(event: ConnectionEvent): ConnectionState {
    this.#state = nextState(this.#state, event)
    return this.#state
  }

  /** The borrower's stack for people, without the line that names the error. */
  get borrowedAt(): string | undefined {
    return this.borrower?.stack?.split('\n').slice(1).join('\n')
  }
}

/** Lifetimes shorter than this get no jitter: nobody wants a 2 s lifetime to become 1.8 s. */
const SHORTEST_JITTERED_MS = 10_000

/**
 * How long a connection may live: up to 10 % shorter than the setting, never longer, so that connections opened
 * together do not die together.
 *
 * @param maxLifetime in milliseconds; 0: for ever
 * @param random in [0, 1)
 */
export function jitteredLifetime(maxLifetime: number, random: number): number {
  if (maxLifetime === 0) return Number.POSITIVE_INFINITY
  return maxLifetime < SHORTEST_JITTERED_MS ? maxLifetime : maxLifetime * (1 - random * 0.1)
}
