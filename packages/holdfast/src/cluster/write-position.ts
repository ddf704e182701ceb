import type { WalPosition } from '../base/lsn.js'
import type { NodeStatus } from './node-status.js'

/**
 * Knows a position in the log behind which everything lies that was acknowledged through the pool. Writes only count;
 * the primary is asked when a read wants to know, once for all reads that want to know at the time.
 */
export class WritePosition {
  readonly #look: () => Promise<NodeStatus>
  #writes = 0
  /** How many things that may write are under way without the moment of their acknowledgement being seen. */
  #open = 0
  #known: { readonly writes: number; readonly position: WalPosition } | undefined

  /** @param look asks the primary, after the call */
  constructor(look: () => Promise<NodeStatus>) {
    this.#look = look
  }

  /** Something that may have written has been answered, or its answer is lost. Before the caller hears of it. */
  note(): void {
    this.#writes++
  }

  /** Something has begun that writes when it likes. @returns to be called when it has ended */
  begin(): () => void {
    this.#open++
    return () => {
      this.#open--
      this.#writes++
    }
  }

  /**
   * How far a server has to be to have seen what this pool has written; `undefined`: nothing was written.
   *
   * @throws what keeps the primary from answering
   */
  async needed(): Promise<WalPosition | undefined> {
    return this.#writes === 0 && this.#open === 0 ? undefined : this.current()
  }

  /**
   * How far a server has to be to have seen what was written before this call, by this pool at least.
   *
   * @throws what keeps the primary from answering
   */
  async current(): Promise<WalPosition> {
    const writes = this.#writes
    if (this.#open === 0 && this.#known?.writes === writes) return this.#known.position
    const status = await this.#look()
    if (status.kind === 'down') throw status.error
    if (status.standby) throw new Error('The primary has become a standby.')
    this.#known = { writes, position: status.position }
    return status.position
  }
}
