import type { Clock } from '../base/clock.js'
import type { Warn } from '../base/warning.js'
import type { ConnectionPool } from '../connections/connection-pool.js'
import type { ResolvedClientConfig } from '../driver/client-config.js'
import { isTransientConnectError } from '../driver/connect-error.js'
import type { ResolvedHosts } from '../driver/hosts.js'
import type { OpenAt } from '../driver/opener.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { cutConnections, retireConnections } from './evict.js'
import { place } from './no-host-error.js'
import type { NodeStatus } from './node-status.js'
import { LOOK_TIMEOUT_MS, NodeWatch } from './node-watch.js'
import { PrimaryMonitor } from './primary-monitor.js'
import { fits, type RoleListener } from './session-role.js'

/** What it takes to keep a pool connected to the primary of a cluster. */
export interface PrimaryConnectionsParts {
  readonly hosts: ResolvedHosts
  readonly pool: ConnectionPool
  readonly openAt: OpenAt
  readonly roles: RoleListener
  readonly clock: Clock
  readonly random: () => number
  readonly warn: Warn
  /** A host was looked at; the primary is known by then. */
  readonly onStatus: (node: number, status: NodeStatus) => void
}

/** Milliseconds between two looks at a host while all is well. */
export const CALM_PAUSE_MS = 1_000
/** The shortest pause while the primary is looked for; it grows with the time that this takes. */
const SEARCH_PAUSE_MS = 100

/** Opens the connections of a pool on the host that takes the writes, and takes them away from a host that no longer does. */
export class PrimaryConnections {
  readonly #parts: PrimaryConnectionsParts
  readonly #monitor: PrimaryMonitor
  readonly watches: readonly NodeWatch[]
  /** On which host each connection of the pool is. */
  readonly #hostOf = new WeakMap<PgConnection, number>()
  /** Since when the primary has been looked for. */
  #searchingSince: number | undefined

  constructor(parts: PrimaryConnectionsParts) {
    const { hosts, openAt, clock } = parts
    this.#parts = parts
    this.#monitor = new PrimaryMonitor({
      hosts,
      clock,
      onSwitch: (from, to) => this.#switched(from, to),
      onUnfit: node => this.#demoted(node),
    })
    const options = { connectTimeout: LOOK_TIMEOUT_MS, guard: false, plain: true } as const
    this.watches = hosts.nodes.map(
      (node, index) =>
        new NodeWatch({
          open: signal => openAt(node, { ...options, signal }),
          clock,
          onStatus: status => this.#observe(index, status),
          pause: () => this.#pause(),
          isAwaited: () => parts.pool.waitingCount > 0,
        }),
    )
  }

  /** The place in the list of the host that takes the writes; `undefined` while it is looked for. */
  get current(): number | undefined {
    return this.#monitor.current
  }

  /** What each host said last. */
  get statuses(): readonly (NodeStatus | undefined)[] {
    return this.#monitor.topology.nodes
  }

  /** Why there is nobody to take writes; `undefined` while there is. */
  readonly whyNot = (): Error | undefined => this.#monitor.whyNot()

  start(): void {
    this.#searchingSince ??= this.#parts.clock.now()
    for (const watch of this.watches) watch.start()
  }

  /**
   * Opens a connection on the host that takes the writes, waiting until there is one while any host answers.
   *
   * @throws ConnectError `HOLDFAST_NO_HOST` when none answers, or what keeps the primary from taking a connection
   */
  async open(signal: AbortSignal): Promise<PgConnection> {
    this.start()
    // Who asks now may find what the next look would find only after its pause.
    if (this.current === undefined) void this.look()
    for (;;) {
      const node = await this.#monitor.primary(signal)
      const connection = await this.#openOn(node, signal)
      if (connection !== undefined) return connection
    }
  }

  /** Looks at every host now. Resolves when each has answered or had its time. */
  async look(): Promise<void> {
    await Promise.all(this.watches.map(watch => watch.look()))
  }

  /** What the primary says when it is asked after this call. */
  async lookAtPrimary(): Promise<NodeStatus> {
    const watch = this.watches[this.current ?? -1]
    return watch?.look() ?? { kind: 'down', error: this.whyNot() ?? new Error('no primary') }
  }

  async end(): Promise<void> {
    this.#monitor.close()
    await Promise.all(this.watches.map(watch => watch.close()))
  }

  /** @returns `undefined` when the host turns out not to be the one; then something is known that was not before */
  async #openOn(node: number, signal: AbortSignal): Promise<PgConnection | undefined> {
    const { hosts, openAt, roles } = this.#parts
    const target = hosts.nodes[node] as ResolvedClientConfig
    const connection = await openAt(target, { signal, onClient: roles.listen }).catch(error =>
      this.#refused(node, error, signal),
    )
    if (connection === undefined) return undefined
    const role = await roles.roleOf(connection, LOOK_TIMEOUT_MS).catch(() => undefined)
    if (role !== undefined && fits(hosts.attrs, role) && this.current === node) {
      this.#hostOf.set(connection, node)
      return connection
    }
    void connection.close()
    await this.watches[node]?.look()
    return undefined
  }

  /** A server that is full, or does not know us, is there; one that cannot be reached may be about to be replaced. */
  #refused(node: number, error: Error, signal: AbortSignal): undefined {
    const isThere = (error as { code?: string }).code === '53300' || !isTransientConnectError(error)
    if (signal.aborted || isThere) throw error
    this.#monitor.observe(node, { kind: 'down', error })
    return undefined
  }

  #observe(node: number, status: NodeStatus): void {
    this.#monitor.observe(node, status)
    const { current } = this
    if (current !== undefined) this.#searchingSince = undefined
    else this.#searchingSince ??= this.#parts.clock.now()
    // A connection that was on its way when the primary changed.
    if (current === node) cutConnections(this.#parts.pool, each => this.#isElsewhere(each, node))
    this.#parts.onStatus(node, status)
  }

  #pause(): number {
    const { clock, random } = this.#parts
    if (this.#searchingSince === undefined) return CALM_PAUSE_MS
    const searched = clock.now() - this.#searchingSince
    return Math.min(CALM_PAUSE_MS, SEARCH_PAUSE_MS * (0.5 + random()) + searched / 10)
  }

  #switched(from: number, to: number): void {
    const { pool, hosts, warn } = this.#parts
    const name = (node: number) => place((hosts.nodes[node] as ResolvedClientConfig).target)
    // What an old primary still takes is lost: not even who is in the middle of something may go on.
    cutConnections(pool, each => this.#isElsewhere(each, to))
    pool.distrust()
    const message = `The primary is ${name(to)} now; it was ${name(from)}.`
    warn({ code: 'primary-changed', message })
  }

  #demoted(node: number): void {
    const { pool } = this.#parts
    retireConnections(pool, each => this.#hostOf.get(each) === node)
    pool.distrust()
  }

  #isElsewhere(connection: PgConnection, node: number): boolean {
    const host = this.#hostOf.get(connection)
    return host !== undefined && host !== node
  }
}
