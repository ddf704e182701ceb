import type { Clock } from '../base/clock.js'
import type { ResolvedHosts } from '../driver/hosts.js'
import { noHostError } from './no-host-error.js'
import type { NodeStatus } from './node-status.js'
import { describeRole } from './session-role.js'
import { isOutdated, observe, someoneAnswers, type Topology, unknownTopology } from './topology.js'

/** What the monitor works with, and whom it tells. */
export interface PrimaryMonitorParts {
  readonly hosts: ResolvedHosts
  readonly clock: Clock
  /** Another host than before takes the writes from now on. */
  readonly onSwitch: (from: number, to: number) => void
  /** The host that took the writes says that it no longer does. */
  readonly onUnfit: (node: number) => void
}

/** At the start, how long hosts are waited for after one that fits has answered: a newer primary may be among them. */
const SETTLE_MS = 200

/** Knows which host of a cluster takes the writes. One for each pool, however many connections it has. */
export class PrimaryMonitor {
  readonly #parts: PrimaryMonitorParts
  readonly #waiting = new Set<(node: number | undefined) => void>()
  #topology: Topology
  /** The host that took the writes last, also while there is none. */
  #latest: number | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: PrimaryMonitorParts) {
    this.#parts = parts
    this.#topology = unknownTopology(parts.hosts.nodes.length, parts.hosts.attrs)
  }

  get topology(): Topology {
    return this.#topology
  }

  /** The host that takes the writes as far as is known; `undefined` while it is looked for. */
  get current(): number | undefined {
    return this.#topology.primary
  }

  /**
   * The host that takes the writes, once there is one: while some host answers, another primary may be made of it, so
   * this waits. Only callers have deadlines.
   *
   * @throws ConnectError `HOLDFAST_NO_HOST` when no host at all answers; the reason of the signal
   */
  async primary(signal: AbortSignal): Promise<number> {
    const unseen = new Set(this.#topology.nodes.keys())
    for (;;) {
      const { primary } = this.#topology
      if (primary !== undefined) return primary
      if (unseen.size === 0 && !someoneAnswers(this.#topology)) throw this.whyNot() as Error
      const node = await this.#nextObservation(signal)
      if (node !== undefined) unseen.delete(node)
    }
  }

  /** A host was looked at, or could not be connected to. */
  observe(node: number, status: NodeStatus): void {
    const before = this.#topology
    this.#advance(observe(before, { node, status }))
    const { settled, nodes } = this.#topology
    if (!settled && status.kind === 'up' && this.#timer === undefined && nodes.length > 1) {
      this.#timer = this.#parts.clock.setTimeout(() => this.#settle(), SETTLE_MS)
    }
    if (before.primary === node && this.#topology.primary !== node && status.kind === 'up')
      this.#parts.onUnfit(node)
    this.#tell(node)
  }

  /** Why there is nobody to take writes; `undefined` while there is. */
  whyNot(): Error | undefined {
    const { hosts } = this.#parts
    if (this.#topology.primary !== undefined) return undefined
    const refusals = hosts.nodes.map(({ target }, node) => ({ target, why: this.#reason(node) }))
    return noHostError(refusals, hosts.attrs)
  }

  close(): void {
    this.#parts.clock.clearTimeout(this.#timer as NodeJS.Timeout)
  }

  #reason(node: number): Error | string {
    const status = this.#topology.nodes[node]
    if (status === undefined) return 'it has not answered yet'
    if (status.kind === 'down') return status.error
    return isOutdated(this.#topology, status)
      ? 'it takes writes, but a newer primary has been seen'
      : describeRole(status)
  }

  #settle(): void {
    this.#advance(observe(this.#topology, 'settled'))
    this.#tell(undefined)
  }

  #advance(topology: Topology): void {
    this.#topology = topology
    const { primary } = topology
    if (primary === undefined || primary === this.#latest) return
    const from = this.#latest
    this.#latest = primary
    if (from !== undefined) this.#parts.onSwitch(from, primary)
  }

  /** @param node the one that the news is about; none when time has passed */
  #tell(node: number | undefined): void {
    for (const wake of [...this.#waiting]) wake(node)
  }

  /** Resolves with the host that the next observation is about. */
  #nextObservation(signal: AbortSignal): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (how: () => void) => {
        this.#waiting.delete(wake)
        signal.removeEventListener('abort', giveUp)
        how()
      }
      const wake = (node: number | undefined) => settle(() => resolve(node))
      const giveUp = () => settle(() => reject(signal.reason))
      this.#waiting.add(wake)
      signal.addEventListener('abort', giveUp)
      if (signal.aborted) giveUp()
    })
  }
}
