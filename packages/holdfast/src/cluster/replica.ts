import type { Clock } from '../base/clock.js'
import type { DeadlineWatch } from '../base/deadline-watch.js'
import { formatMillis } from '../base/duration.js'
import type { QueryRequest, Result } from '../base/execute.js'
import { hasReached, type WalPosition } from '../base/lsn.js'
import type { PoolSettings } from '../base/options.js'
import type { Warn } from '../base/warning.js'
import { ConnectionPool } from '../connections/connection-pool.js'
import { Housekeeper } from '../connections/housekeeper.js'
import type { PoolListener } from '../connections/pool-listener.js'
import type { PooledConnection } from '../connections/pooled-connection.js'
import type { ResolvedClientConfig } from '../driver/client-config.js'
import { isTransientConnectError } from '../driver/connect-error.js'
import type { OpenAt } from '../driver/opener.js'
import type { Outcome } from '../driver/running-query.js'
import { cutConnections, retireConnections } from './evict.js'
import { Latencies } from './latencies.js'
import { noHostError, place, reasonOf } from './no-host-error.js'
import type { NodeStatus } from './node-status.js'
import type { NodeWatch } from './node-watch.js'
import type { PrimaryLog } from './primary-log.js'
import { judge, type ReplicaEvent, type Verdict } from './replica-verdict.js'
import { describeRole, type RoleListener } from './session-role.js'

/** What a replica is made of. */
export interface ReplicaParts {
  readonly node: ResolvedClientConfig
  readonly watch: NodeWatch
  readonly settings: PoolSettings
  readonly maxLag: number
  readonly log: PrimaryLog
  readonly roles: RoleListener
  readonly openAt: OpenAt
  readonly clock: Clock
  readonly deadlines: DeadlineWatch
  readonly random: () => number
  readonly listener: PoolListener
  readonly warn: Warn
}

/** Looks without an answer after which the connections are cut: one alone may be a moment of heavy load. */
const SILENT_LOOKS = 2
/** A replica that was found to be behind is not asked again for so many milliseconds. */
const RECHECK_MS = 20

/** A server that answers reads when it is known to be fit for them. */
export class Replica {
  readonly #parts: ReplicaParts
  readonly pool: ConnectionPool
  readonly #housekeeper: Housekeeper
  readonly latencies = new Latencies()
  #verdict: Verdict = 'unknown'
  #position: WalPosition | undefined
  #lookedAt = Number.NEGATIVE_INFINITY
  #lag = 0
  #silent = 0

  constructor(parts: ReplicaParts) {
    this.#parts = parts
    const { settings, clock, deadlines, random, listener, warn } = parts
    // Who waits for a replica has somewhere else to go: told at the first failure.
    const own = { ...settings, minIdle: 0, connectAttempts: 1 }
    this.pool = new ConnectionPool({
      settings: own,
      open: signal => this.#open(signal),
      isTransient: isTransientConnectError,
      clock,
      deadlines,
      random,
      listener: { ...listener, onConnect: pooled => this.#connected(pooled), onDistrust: () => {} },
    })
    this.#housekeeper = new Housekeeper({ pool: this.pool, settings: own, clock, warn })
  }

  get target() {
    return this.#parts.node.target
  }

  get verdict(): Verdict {
    return this.#verdict
  }

  /** Milliseconds; as of the latest look. */
  get lag(): number {
    return this.#lag
  }

  /** How many reads it has to do. */
  get load(): number {
    return this.pool.totalCount - this.pool.idle.length + this.pool.waitingCount
  }

  /** It was looked at. */
  observe(status: NodeStatus): void {
    const { log, clock, maxLag } = this.#parts
    const now = clock.now()
    this.#lookedAt = now
    this.#position = status.kind === 'up' ? status.position : undefined
    this.#lag = status.kind === 'up' ? log.lagOf(status.position, now) : this.#lag
    this.#silent = status.kind === 'up' ? 0 : this.#silent + 1
    this.#step({ kind: 'looked', status, lagMillis: this.#lag, maxLag })
  }

  /** A read failed because of the server or the way to it: no more reads until it has been looked at. */
  failed(): void {
    this.#step({ kind: 'read-failed' })
    void this.#parts.watch.look()
  }

  /** Whether it had seen what was written up to a position when it was looked at last. */
  isKnownAt(wanted: WalPosition): boolean {
    return this.#position !== undefined && hasReached(this.#position, wanted)
  }

  /** As {@link Replica.isKnownAt}, and looks at it when it had not. */
  async hasReached(wanted: WalPosition): Promise<boolean> {
    if (this.isKnownAt(wanted)) return true
    if (this.#parts.clock.now() - this.#lookedAt < RECHECK_MS) return false
    await this.#parts.watch.look()
    return this.#verdict === 'serving' && this.isKnownAt(wanted)
  }

  /** Runs a read on it. */
  read(request: QueryRequest): Promise<Result> {
    const startedAt = this.#parts.clock.now()
    return new Promise((resolve, reject) => {
      const outcome = {
        since: startedAt,
        resolve: (result: Result) => {
          this.latencies.note(this.#parts.clock.now() - startedAt)
          resolve(result)
        },
        reject,
      }
      this.pool.lend(request, { serve: pooled => this.#run(pooled, request, outcome), refuse: reject })
    })
  }

  async end(): Promise<void> {
    this.#housekeeper.stop()
    await this.pool.end()
  }

  #run(pooled: PooledConnection, request: QueryRequest, outcome: Outcome & { since: number }): void {
    const { trace } = request
    trace?.lent(Math.max(0, pooled.lentAt - outcome.since))
    pooled.connection.start(request, {
      resolve: result => {
        trace?.answeredBy(pooled.connection.place)
        this.pool.release(pooled)
        outcome.resolve(result)
      },
      reject: error => {
        trace?.answeredBy(pooled.connection.place)
        this.pool.release(pooled)
        outcome.reject(error)
      },
    })
  }

  #connected(pooled: PooledConnection): void {
    this.#housekeeper.start()
    this.#parts.listener.onConnect(pooled)
  }

  /** Only on a standby: what writes although it says that it reads must not get past the guards of the primary. */
  async #open(signal: AbortSignal) {
    const { node, openAt, roles, settings } = this.#parts
    const connection = await openAt(node, { signal, onClient: roles.listen, guard: false })
    const role = await roles.roleOf(connection, settings.connectTimeout || 5_000).catch(async error => {
      await connection.close()
      throw error
    })
    if (role.standby) return connection
    void connection.close()
    throw noHostError([{ target: node.target, why: describeRole(role) }], 'standby')
  }

  #step(event: ReplicaEvent): void {
    const before = this.#verdict
    this.#verdict = judge(before, event)
    const served = before === 'serving' || before === 'unknown' || before === 'failed'
    if (served && this.#verdict !== 'serving' && event.kind === 'looked') this.#warn(event.status)
    if (this.#verdict === 'not-a-standby') retireConnections(this.pool, () => true)
    if (this.#verdict === 'down' && this.#silent >= SILENT_LOOKS) cutConnections(this.pool, () => true)
  }

  #warn(status: NodeStatus): void {
    const { settings, warn } = this.#parts
    const lag = `it is ${formatMillis(this.#lag)} behind, or on an old timeline`
    const why = status.kind === 'down' ? reasonOf(status.error) : status.standby ? lag : describeRole(status)
    const message = `Reads of pool "${settings.name}" no longer go to the replica ${place(this.target)}: ${why}.`
    warn({ code: 'replica-unfit', message, ...(status.kind === 'down' && { cause: status.error }) })
  }
}
