import type { Clock } from '../base/clock.js'
import type { Marker } from './marker.js'
import type { RemoteStore } from './ports.js'

/** What it takes to find out what became of a transaction. */
export interface OrphansParts {
  readonly remote: RemoteStore | undefined
  readonly marker: Marker
  readonly ask: (text: string, values?: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>
  readonly clock: Clock
}

/** A tag that is found marked again after this long may have an owner who is gone. */
const SUSPICIOUS_MS = 1_000

/** Tags under suspicion at most; more are looked at later. */
const MOST_SUSPECTS = 1_000

/** Tags looked at in one round. */
const BATCH = 100

/**
 * Releases marks whose writer cannot do it any more: it died, or does not know how its COMMIT ended. The server says
 * what became of the transaction; time alone never releases a mark.
 */
export class Orphans {
  readonly #parts: OrphansParts
  /** When each tag was first found marked. */
  readonly #suspects = new Map<string, number>()
  #resolving: Promise<void> | undefined

  constructor(parts: OrphansParts) {
    this.#parts = parts
  }

  /** A read found these tags marked. */
  noteMarked(names: readonly string[]): void {
    const now = this.#parts.clock.now()
    let due = false
    for (const name of names) {
      const since = this.#suspects.get(name)
      if (since === undefined) {
        if (this.#suspects.size < MOST_SUSPECTS) this.#suspects.set(name, now)
      } else due ||= now - since >= SUSPICIOUS_MS
    }
    if (due) void this.resolve().catch(() => undefined)
  }

  /** Looks at every mark under suspicion, and at the transactions of this process whose fate is unknown. */
  resolve(): Promise<void> {
    this.#resolving ??= this.#resolve().finally(() => {
      this.#resolving = undefined
    })
    return this.#resolving
  }

  async #resolve(): Promise<void> {
    const { marker, remote } = this.#parts
    for (const [transaction, release] of [...marker.kept]) {
      if (await this.#isOver(transaction)) await release()
    }
    const names = [...this.#suspects.keys()].slice(0, BATCH)
    for (const name of names) this.#suspects.delete(name)
    if (remote === undefined || names.length === 0) return
    const orphans = await remote.orphans(names)
    for (const mark of new Set(orphans.flatMap(({ marks }) => marks))) {
      if (!(await this.#isOver(mark.slice(mark.indexOf(':') + 1)))) continue
      const tags = orphans.filter(({ marks }) => marks.includes(mark)).map(({ tag }) => tag)
      await remote.release({ tags, tables: [], mark })
    }
  }

  /** Whether the server knows for certain that nothing of the transaction is still to become visible. */
  async #isOver(transaction: string): Promise<boolean> {
    const backend = /^b(\d+)$/.exec(transaction)
    if (backend !== null) return this.#isGone(Number(backend[1]))
    if (!/^\d+$/.test(transaction)) return false
    try {
      const { rows } = await this.#parts.ask('SELECT pg_xact_status($1::xid8) AS status', [transaction])
      // NULL: so long ago that the server has forgotten it.
      return rows[0]?.status !== 'in progress'
    } catch (error) {
      // In the future: it belongs to a history that this server does not have, so nothing of it can show here.
      if ((error as { code?: string }).code === '22023') return true
      throw error
    }
  }

  /**
   * Whether a backend has ended. One that is idle is not over: what the mark is for may still be on its way to it. 0 is
   * a backend behind a pooler, of which nobody knows.
   */
  async #isGone(pid: number): Promise<boolean> {
    if (pid === 0) return false
    const { rows } = await this.#parts.ask('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [pid])
    return rows.length === 0
  }
}
