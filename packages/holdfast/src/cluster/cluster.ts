import type { Clock } from '../base/clock.js'
import type { DeadlineWatch } from '../base/deadline-watch.js'
import { OptionsError } from '../base/errors.js'
import type { Execute, Interceptor, QueryRequest, Result } from '../base/execute.js'
import { positionToken } from '../base/lsn.js'
import type { PoolOptions, PoolSettings } from '../base/options.js'
import type { GuardConnection, GuardedConnection, StatementGuard } from '../base/statement-guard.js'
import type { Warn } from '../base/warning.js'
import type { ConnectionPool } from '../connections/connection-pool.js'
import type { PoolListener } from '../connections/pool-listener.js'
import type { ResolvedClientConfig } from '../driver/client-config.js'
import type { ResolvedHosts } from '../driver/hosts.js'
import type { OpenAt } from '../driver/opener.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { ClusterGuard, type StatementObserver } from './cluster-guard.js'
import { openFirstFit } from './host-list.js'
import { hostInfo, type NodeInfo, replicaInfo } from './node-info.js'
import type { NodeStatus } from './node-status.js'
import { LOOK_TIMEOUT_MS, NodeWatch } from './node-watch.js'
import { CALM_PAUSE_MS, PrimaryConnections } from './primary-connections.js'
import { PrimaryLog } from './primary-log.js'
import { Replica } from './replica.js'
import { ReplicaRouter } from './replica-router.js'
import { resolveReplica } from './resolve-replica.js'
import { RoleListener } from './session-role.js'
import { WritePosition } from './write-position.js'

/** What a cluster is made of. */
export interface ClusterParts {
  readonly hosts: ResolvedHosts
  /** The replicas that have URLs of their own. */
  readonly replicas: readonly ResolvedClientConfig[]
  readonly settings: PoolSettings
  /** The pool's connections for everything that does not go to a replica. */
  readonly pool: ConnectionPool
  readonly openAt: OpenAt
  /** The guard that a connection has without a cluster, if it has one. */
  readonly guard: (connection: GuardedConnection) => StatementGuard | undefined
  readonly listener: PoolListener
  readonly clock: Clock
  readonly deadlines: DeadlineWatch
  readonly random: () => number
  readonly warn: Warn
}

/** How long a failed write waits until the hosts have been asked who takes writes, in milliseconds. */
const REORIENTATION_MS = 1_000

/**
 * The cluster of a pool; `undefined` when there is one server to know of: such a pool pays nothing for clusters.
 *
 * @throws OptionsError for a replica whose URL cannot be read, or for a pool that does not write
 */
export function clusterOf(options: PoolOptions, parts: Omit<ClusterParts, 'replicas'>): Cluster | undefined {
  const { nodes, attrs } = parts.hosts
  const { replicas } = parts.settings
  if (nodes.length === 1 && attrs === 'any' && replicas === undefined) return undefined
  const urls = replicas?.urls ?? []
  const resolved = urls.map((_, index) => resolveReplica(options, index, process.env))
  return new Cluster({ ...parts, replicas: resolved })
}

/** The servers of a pool: which one takes the writes, which ones may answer reads. */
export class Cluster {
  readonly #parts: ClusterParts
  readonly #roles = new RoleListener()
  readonly #log = new PrimaryLog()
  /** Absent where any host that fits is as good as another one. */
  readonly #primary: PrimaryConnections | undefined
  readonly #replicas: readonly Replica[]
  /** Replicas among the hosts, by their place in the list. */
  readonly #standbys = new Map<number, Replica>()
  readonly #watches: NodeWatch[] = []
  readonly #writes = new WritePosition(() => this.#lookAtPrimary())
  readonly #router: ReplicaRouter | undefined

  /** @throws OptionsError when replicas are to help a pool that does not write */
  constructor(parts: ClusterParts) {
    const { settings, clock, random } = parts
    const hosts = withAttrs(parts.hosts, settings)
    this.#parts = { ...parts, hosts }
    this.#primary = isForWriting(hosts) ? this.#connections(hosts) : undefined
    this.#replicas = [...this.#ownReplicas(), ...this.#standbyReplicas()]
    if (settings.replicas === undefined) return
    const { hedgeBudget } = settings.replicas
    const { writes, replicas } = { writes: this.#writes, replicas: this.#replicas }
    this.#router = new ReplicaRouter({ replicas, writes, clock, random, hedgeBudget })
  }

  /** Opens a connection on a host that fits; see {@link PrimaryConnections.open} and {@link openFirstFit}. */
  open(signal: AbortSignal): Promise<PgConnection> {
    for (const watch of this.#watches) watch.start()
    if (this.#primary !== undefined) return this.#primary.open(signal)
    const { hosts, openAt, random, settings } = this.#parts
    const { connectTimeout } = settings
    return openFirstFit({ hosts, openAt, roles: this.#roles, random, connectTimeout }, signal)
  }

  /** The interceptor: sends reads to replicas, and notices writes and who refuses them. */
  readonly intercept: Interceptor = next => {
    const toPrimary: Execute = request => (request.readOnly ? next(request) : this.#write(request, next))
    const router = this.#router
    if (router === undefined) return toPrimary
    return request => {
      // What is kept for others, or has to be the latest, comes from the primary alone.
      const stays = !request.readOnly || request.primary === true || request.capture !== undefined
      return stays ? toPrimary(request) : router.read(request, toPrimary)
    }
  }

  /** The guard of connections on the primary: sees what borrowers and transactions do. */
  readonly guard: GuardConnection = connection =>
    new ClusterGuard(this.#observer, this.#parts.guard(connection))

  /**
   * A token of everything that this pool has written so far, and whatever else was written.
   *
   * @throws what keeps the primary from answering
   */
  async writeToken(): Promise<string> {
    if (this.#primary === undefined) return NO_TOKEN
    this.#primary.start()
    return positionToken(await this.#writes.current())
  }

  /** The servers as they were when they were looked at last. */
  nodes(): NodeInfo[] {
    const { nodes } = this.#parts.hosts
    const hosts = nodes.map(({ target }, index) => ({
      ...hostInfo(target, this.#primary?.statuses[index], this.#primary?.current === index),
      ...withoutRole(this.#standbys.get(index)),
    }))
    const standbys = new Set(this.#standbys.values())
    return [...hosts, ...this.#replicas.filter(replica => !standbys.has(replica)).map(replicaInfo)]
  }

  /** Why there is no host to open a connection on; `undefined` while there is, or nobody waits for one. */
  readonly whyNot = (): Error | undefined => this.#primary?.whyNot()

  /** Something happened to a server or the way to it: looks at all of them now. */
  suspect(): void {
    void this.#primary?.look()
  }

  /** Cuts the reads that replicas are still busy with. */
  cut(): void {
    for (const { pool } of this.#replicas) pool.cut()
  }

  /** Ends the looks, and the connections to the replicas as they come back. */
  async end(): Promise<void> {
    const watches = this.#watches.map(watch => watch.close())
    await Promise.all([this.#primary?.end(), ...watches, ...this.#replicas.map(replica => replica.end())])
  }

  readonly #observer: StatementObserver = {
    wrote: () => this.#writes.note(),
    begun: () => this.#writes.begin(),
    failed: error => this.#failed(error),
  }

  async #write(request: QueryRequest, next: Execute): Promise<Result> {
    try {
      return await next(request)
    } catch (error) {
      await this.#failed(error)
      throw error
    } finally {
      this.#writes.note()
    }
  }

  /** Who refuses a write has become a standby: whoever tries again shall find another server. */
  async #failed(error: unknown): Promise<void> {
    if ((error as { code?: string }).code !== '25006' || this.#primary === undefined) return
    const { clock } = this.#parts
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<void>(resolve => {
      timer = clock.setTimeout(resolve, REORIENTATION_MS)
    })
    await Promise.race([this.#primary.look(), patience])
    clock.clearTimeout(timer as NodeJS.Timeout)
  }

  #connections(hosts: ResolvedHosts): PrimaryConnections {
    const { pool, openAt, clock, random, warn } = this.#parts
    const onStatus = (node: number, status: NodeStatus) => {
      if (this.#primary?.current === node && status.kind === 'up')
        this.#log.note(status.position, clock.now())
      this.#standbys.get(node)?.observe(status)
    }
    return new PrimaryConnections({
      ...{ hosts, pool, clock, random, warn, onStatus, roles: this.#roles },
      openAt: (node, options) => openAt(node, { guard: this.guard, ...options }),
    })
  }

  async #lookAtPrimary(): Promise<NodeStatus> {
    return (this.#primary as PrimaryConnections).lookAtPrimary()
  }

  #ownReplicas(): Replica[] {
    const { replicas, openAt, clock } = this.#parts
    return replicas.map(node => {
      const watch: NodeWatch = new NodeWatch({
        open: signal => openAt(node, { signal, connectTimeout: LOOK_TIMEOUT_MS, guard: false, plain: true }),
        clock,
        onStatus: status => replica.observe(status),
        pause: () => CALM_PAUSE_MS,
        isAwaited: () => false,
      })
      this.#watches.push(watch)
      const replica = this.#replica(node, watch)
      return replica
    })
  }

  #standbyReplicas(): Replica[] {
    const { hosts, settings } = this.#parts
    if (this.#primary === undefined || !settings.replicas?.standbys) return []
    for (const [index, watch] of this.#primary.watches.entries()) {
      this.#standbys.set(index, this.#replica(hosts.nodes[index] as ResolvedClientConfig, watch))
    }
    return [...this.#standbys.values()]
  }

  #replica(node: ResolvedClientConfig, watch: NodeWatch): Replica {
    const maxLag = this.#parts.settings.replicas?.maxLag as number
    return new Replica({ ...this.#parts, node, watch, maxLag, log: this.#log, roles: this.#roles })
  }
}

/** What a pool without replicas gives as a token: every server has seen that much. */
export const NO_TOKEN = positionToken({ timeline: 0, lsn: 0n })

function isForWriting({ attrs }: ResolvedHosts): boolean {
  return attrs === 'read-write' || attrs === 'primary'
}

/** Where reads go to replicas, the rest is for the primary, whether or not the URL says so. */
function withAttrs(hosts: ResolvedHosts, { replicas }: PoolSettings): ResolvedHosts {
  if (replicas === undefined || isForWriting(hosts)) return hosts
  if (hosts.attrs === 'any') return { ...hosts, attrs: 'primary' }
  const expected = 'target_session_attrs=primary or read-write in the connection string'
  throw new OptionsError('replicas', expected, hosts.attrs)
}

function withoutRole(replica: Replica | undefined): Partial<NodeInfo> {
  if (replica === undefined) return {}
  return { reads: replica.verdict, lagMillis: replica.lag }
}
