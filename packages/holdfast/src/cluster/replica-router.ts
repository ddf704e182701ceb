import type { Clock } from '../base/clock.js'
import { within } from '../base/deadline.js'
import type { Execute, QueryRequest, Result } from '../base/execute.js'
import type { WalPosition } from '../base/lsn.js'
import { hedge } from './hedge.js'
import { HedgeBudget } from './hedge-budget.js'
import type { Replica } from './replica.js'
import { leavesReplica } from './replica-trouble.js'
import type { WritePosition } from './write-position.js'

/** What the router works with. */
export interface ReplicaRouterParts {
  readonly replicas: readonly Replica[]
  readonly writes: WritePosition
  readonly clock: Clock
  readonly random: () => number
  /** Extra reads for each read; 0: none. */
  readonly hedgeBudget: number
}

/** A read on its way through the servers. */
interface Journey {
  readonly request: QueryRequest
  readonly toPrimary: Execute
  /** What a replica must have seen; `undefined`: nothing in particular. */
  readonly wanted: WalPosition | undefined
  readonly tried: Set<Replica>
}

/** How long a read waits to hear how far servers are before it goes to the primary, in milliseconds. */
const PATIENCE_MS = 250

/** Sends reads to replicas that have proven to have seen what they must have seen, else to the primary. */
export class ReplicaRouter {
  readonly #parts: ReplicaRouterParts
  readonly #budget: HedgeBudget | undefined

  constructor(parts: ReplicaRouterParts) {
    this.#parts = parts
    this.#budget = parts.hedgeBudget > 0 ? new HedgeBudget(parts.hedgeBudget) : undefined
  }

  /** Runs a read that says it changes nothing. */
  async read(request: QueryRequest, toPrimary: Execute): Promise<Result> {
    this.#budget?.earn()
    const tried = new Set<Replica>()
    if (this.#candidates(tried).length === 0) return toPrimary(request)
    const needed = request.after ?? this.#parts.writes.needed()
    const wanted = await this.#patiently(Promise.resolve(needed), request)
    if (wanted === 'unknown') return toPrimary(request)
    return this.#travel({ request, toPrimary, wanted, tried })
  }

  async #travel(journey: Journey): Promise<Result> {
    const { request, toPrimary, tried } = journey
    for (;;) {
      const replica = await this.#patiently(this.#next(journey), request)
      if (replica === undefined || replica === 'unknown') return toPrimary(request)
      tried.add(replica)
      try {
        return await this.#readAt(replica, journey)
      } catch (error) {
        const leaves = leavesReplica(error)
        if (leaves === undefined || request.signal?.aborted) throw error
        if (leaves === 'trouble') replica.failed()
        if ((error as { code?: string }).code === '25006') return this.#writeAfterAll(journey)
      }
    }
  }

  /** It says that it only reads and a standby says that it writes: the primary does what it asks for. */
  #writeAfterAll({ request, toPrimary }: Journey): Promise<Result> {
    return toPrimary(request).finally(() => this.#parts.writes.note())
  }

  #readAt(replica: Replica, journey: Journey): Promise<Result> {
    const delay = this.#budget && replica.latencies.p95
    const first: Execute = request => replica.read(request)
    if (delay === undefined) return first(journey.request)
    const second = () => (this.#budget?.spend() ? this.#elsewhere(journey) : undefined)
    return hedge({ request: journey.request, first, second, delay }, this.#parts.clock)
  }

  /** Another replica that is known to have seen enough, else the primary. */
  #elsewhere({ tried, wanted, toPrimary }: Journey): Execute {
    const other = this.#candidates(tried).find(each => wanted === undefined || each.isKnownAt(wanted))
    if (other === undefined) return toPrimary
    tried.add(other)
    return request => other.read(request)
  }

  /** The next replica that serves and has seen enough. */
  async #next({ tried, wanted }: Journey): Promise<Replica | undefined> {
    for (const replica of this.#candidates(tried)) {
      if (wanted === undefined || (await replica.hasReached(wanted))) return replica
    }
    return undefined
  }

  /** What is asked of servers; `unknown` when they do not say it soon. */
  #patiently<T>(answer: Promise<T>, { signal }: QueryRequest): Promise<T | 'unknown'> {
    const { clock } = this.#parts
    const limits = { deadline: clock.now() + PATIENCE_MS, signal }
    const error = () => new Error('no answer')
    return within(answer, limits, { clock, error }).catch(() => 'unknown' as const)
  }

  /** Those that serve, the one with the least to do first, equals in random order. */
  #candidates(tried: ReadonlySet<Replica>): Replica[] {
    return this.#parts.replicas
      .filter(replica => replica.verdict === 'serving' && !tried.has(replica))
      .map(replica => ({ replica, load: replica.load + this.#parts.random() / 2 }))
      .sort((a, b) => a.load - b.load)
      .map(({ replica }) => replica)
  }
}
