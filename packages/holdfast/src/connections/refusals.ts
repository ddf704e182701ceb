import type { Clock } from '../base/clock.js'
import type { OverloadedError, OverloadReason, PoolNumbers } from '../base/errors.js'
import { PRIORITIES, type Priority } from '../base/priority.js'
import {
  acquireTimeoutError,
  overloadedError,
  poolEndedError,
  type Shortage,
  shedError,
  tooLateError,
  unavailableError,
} from './acquire-error.js'
import type { Connector } from './connector.js'
import type { PooledConnection } from './pooled-connection.js'
import type { Waiter } from './waiter.js'
import type { WaitingLine } from './waiting-line.js'

/** What refusals are judged by. */
export interface RefusalsOptions {
  readonly connector: Connector
  readonly line: WaitingLine
  readonly clock: Clock
  /** Connections that are open; without any, only the server can help. */
  readonly connections: ReadonlySet<PooledConnection>
  readonly numbers: () => PoolNumbers
  /** Why there is no server to connect to, where that is chosen elsewhere. */
  readonly whyNot?: (() => Error | undefined) | undefined
}

/** What a newcomer finds. */
export interface Prospect {
  /** How many may wait at this moment. */
  readonly places: number
  /** Whether there will be no more connections than there are. */
  readonly isGrown: boolean
}

/** Who was turned away and comes back sooner makes it worse. */
const SHORTEST_RETRY_MS = 1_000

/** Why callers get no connection: the server is away, too many call, or their time is over. */
export class Refusals {
  readonly #options: RefusalsOptions
  /** Callers turned away since the pool was made. */
  readonly shedCounts: Record<OverloadReason, number> = { 'queue full': 0, shed: 0, 'hopeless deadline': 0 }

  constructor(options: RefusalsOptions) {
    this.#options = options
  }

  /** The pool was ended. */
  ended(): Error {
    return poolEndedError(this.#options.numbers())
  }

  /** Why nobody can be served at this moment; absent when it takes a caller to find out more. */
  get outage(): Error | undefined {
    const { connector, connections } = this.#options
    const mayAsk = connections.size > 0 || (connector.hopeless && connector.millisToNextAttempt === 0)
    return mayAsk ? undefined : connector.lastError
  }

  /** Why somebody with this deadline waits in vain for a server that is away; a pause is waited for. */
  unavailable(deadline: number): Error | undefined {
    const { connections, clock, connector } = this.#options
    // By far the most frequent case, for which nothing needs to be worked out.
    if (connections.size > 0 || connector.lastError === undefined) return undefined
    const { lastError, millisToNextAttempt, connecting, hopeless } = connector
    if (millisToNextAttempt === 0) return undefined
    if (hopeless) return lastError
    const inTime = connecting > 0 || deadline > clock.now() + millisToNextAttempt
    if (inTime) return undefined
    // Nobody has got through yet: what the server answers says more than how long it took.
    if (!connector.health.proven) return lastError
    return unavailableError(this.#options.numbers(), lastError, Math.ceil(millisToNextAttempt))
  }

  /** Why a newcomer is not to wait; turns away somebody less important for it when there is no place left. */
  overload({ since, deadline, rank }: Waiter, { places, isGrown }: Prospect): Error | undefined {
    const { line } = this.#options
    const left = deadline - since
    const wait = isGrown ? line.expectedTime(rank) : 0
    if (wait > left) {
      line.turnedAway(since)
      return this.#counted(tooLateError(this.#shortage(), wait, left))
    }
    if (line.size < places || line.makeRoom(rank, since)) return undefined
    return this.#counted(overloadedError(this.#shortage()))
  }

  /** Somebody had to go for others. */
  shed({ since, rank }: Waiter, now: number): Error {
    return this.#counted(shedError(this.#shortage(), PRIORITIES[rank] as Priority, now - since))
  }

  /** After the last attempt failed: why those with this deadline need not wait any longer, if they need not. */
  afterFailure(deadline: number): Error | undefined {
    const { hopeless, lastError } = this.#options.connector
    return hopeless ? lastError : this.unavailable(deadline)
  }

  /** Somebody has waited for so many milliseconds, in vain. */
  timeout(millis: number): Error {
    const { connector, connections, clock, numbers, whyNot } = this.#options
    const { health, millisToNextAttempt } = connector
    const lastError = connector.lastError ?? whyNot?.()
    if (health.answering && !health.proven && lastError !== undefined) return lastError
    const now = clock.now()
    const active = [...connections].filter(pooled => pooled.state === 'active')
    const longestUse = Math.max(0, ...active.map(pooled => now - pooled.lentAt))
    const retryAfter = lastError === undefined ? undefined : Math.ceil(millisToNextAttempt)
    return acquireTimeoutError(millis, { numbers: numbers(), lastError, longestUse, retryAfter })
  }

  #counted(error: OverloadedError): OverloadedError {
    this.shedCounts[error.reason]++
    return error
  }

  #shortage(): Shortage {
    const { connector, line, numbers } = this.#options
    const retryAfter = Math.max(SHORTEST_RETRY_MS, Math.ceil(line.drainTime))
    return { numbers: numbers(), lastError: connector.lastError, longestUse: 0, retryAfter }
  }
}
