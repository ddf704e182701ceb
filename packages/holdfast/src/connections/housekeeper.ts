import type { Clock } from '../base/clock.js'
import { formatMillis } from '../base/duration.js'
import type { PoolSettings } from '../base/options.js'
import type { Warn } from '../base/warning.js'
import type { ConnectionPool } from './connection-pool.js'
import type { PooledConnection } from './pooled-connection.js'
import { askCapacity, capacityWarning } from './server-capacity.js'

/** What the housekeeper works with. */
export interface HousekeeperOptions {
  readonly pool: ConnectionPool
  readonly settings: PoolSettings
  readonly clock: Clock
  readonly warn: Warn
  /** The pool is looked at, at least once a second while it has connections. */
  readonly onRound?: (now: number) => void
}

/** The longest pause between two rounds, in milliseconds. */
const LONGEST_PAUSE_MS = 1_000

/** A pool that lives shorter than this does not ask what its server has. */
const ASK_AFTER_MS = 1_000

/** A pause this much longer than planned means that the process slept, and servers and firewalls did not. */
const CLOCK_JUMP_MS = 30_000

/**
 * The pool's rounds, at least once a second: closes connections that are idle too long or too old, keeps
 * `minIdle` ready, reports clients that are held too long, notices when the process has been asleep, and once asks the
 * server whether it has so many connections.
 */
export class Housekeeper {
  readonly #options: HousekeeperOptions
  readonly #pause: number
  #timer: NodeJS.Timeout | undefined
  #lastRound: number
  /** When the server is asked for its connections; infinite: never (again). */
  #askAt: number

  constructor(options: HousekeeperOptions) {
    this.#options = options
    const { idleTimeout, maxLifetime, leakDetection } = options.settings
    const shortest = Math.min(
      ...[idleTimeout, maxLifetime, leakDetection].map(millis => millis || LONGEST_PAUSE_MS),
    )
    this.#pause = Math.max(10, Math.min(shortest / 2, LONGEST_PAUSE_MS))
    this.#lastRound = options.clock.now()
    this.#askAt =
      options.settings.overload.instances > 0 ? this.#lastRound + ASK_AFTER_MS : Number.POSITIVE_INFINITY
  }

  /** Starts the rounds, if they are not going yet; they never keep the process alive. */
  start(): void {
    if (this.#timer !== undefined) return
    this.#lastRound = this.#options.clock.now()
    this.#schedule()
  }

  stop(): void {
    this.#options.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#timer = undefined
  }

  #schedule(): void {
    this.#timer = this.#options.clock.setTimeout(() => this.#round(), this.#pause)
    this.#timer.unref()
  }

  #round(): void {
    const { pool, settings, clock } = this.#options
    const now = clock.now()
    this.#noticeSleep(now)
    this.#options.onRound?.(now)
    this.#evict(now)
    for (const pooled of pool.connections) this.#reportLeak(pooled, now)
    pool.refill(settings.minIdle)
    // Never with a connection that somebody waits for.
    if (now >= this.#askAt && pool.idle.length > 0 && pool.waitingCount === 0) void this.#askCapacity()
    this.#lastRound = now
    // With nothing to look after, rounds begin again with the next connection.
    if (pool.totalCount === 0 && settings.minIdle === 0) this.#timer = undefined
    else this.#schedule()
  }

  /** What cannot be asked, or not be answered, is no reason to warn. */
  async #askCapacity(): Promise<void> {
    const { pool, settings, clock, warn } = this.#options
    this.#askAt = Number.POSITIVE_INFINITY
    const capacity = await pool.useIdle(connection => askCapacity(connection, clock.now()))
    const warning = capacity && capacityWarning(capacity, settings, pool.totalCount)
    if (warning !== undefined) warn(warning)
  }

  #noticeSleep(now: number): void {
    const late = now - this.#lastRound - this.#pause
    if (late < CLOCK_JUMP_MS) return
    this.#options.pool.distrust()
    const message = `The process was stopped for ${formatMillis(late)}: every connection is checked before its next use.`
    this.#options.warn({ code: 'clock-jump', message })
  }

  #evict(now: number): void {
    const { pool, settings } = this.#options
    const keep = Math.max(settings.min, settings.minIdle)
    for (const pooled of [...pool.idle]) {
      const tooOld = now >= pooled.expiresAt
      const unused = settings.idleTimeout > 0 && now - pooled.idleSince >= settings.idleTimeout
      if (tooOld || (unused && pool.totalCount > keep)) pool.close(pooled)
    }
  }

  #reportLeak(pooled: PooledConnection, now: number): void {
    const { settings, warn } = this.#options
    const { borrowedAt } = pooled
    if (settings.leakDetection === 0 || pooled.leakReported || borrowedAt === undefined) return
    const held = now - pooled.lentAt
    if (pooled.state !== 'active' || held < settings.leakDetection) return
    pooled.leakReported = true
    const message = `A client of pool "${settings.name}" has been held for ${formatMillis(held)} and not released; it was borrowed here:\n${borrowedAt}`
    warn({ code: 'leak', message, borrowedAt })
  }
}
