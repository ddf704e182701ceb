import { CacheError } from '../base/errors.js'
import type { RemoteMark, RemoteStore, RemoteTag } from './ports.js'
import type { TagRegistry } from './tags.js'

/** Tags that are marked until a write is visible or undone. */
export interface Marking {
  /** The write is visible, or certainly undone: loads may be kept again. Resolves when it may be acknowledged. */
  release(): Promise<void>
  /** Nobody knows whether the write is visible: the marks stay until the transaction's fate is known. */
  keep(): void
}

/** What the marker works with. */
export interface MarkerParts {
  readonly tags: TagRegistry
  /** Absent: every reader is in this process. */
  readonly remote: RemoteStore | undefined
  /** A name of this process that nobody else has, for marks. */
  readonly writer: string
  readonly onUnmarkable: 'commit' | 'fail'
  /** Told of each write whose invalidation could not reach Redis in time, and whether it is the first in a row. */
  readonly onUnmarked: (error: unknown, isFirst: boolean) => void
  /** The tags of all opted-in tables as a whole. */
  readonly everything: () => readonly string[]
}

/** What is to be marked, and in whose name. */
export interface MarkRequest {
  readonly names: readonly string[]
  /** The transaction's xid8; for what has none yet, `b<process id>` of the backend. */
  readonly transaction: string
  /** Every opted-in table that is written, with the schema known here. */
  readonly tables: readonly RemoteTag[]
}

/** Most tags that wait for Redis to come back; beyond, everything is touched. */
const MOST_PENDING = 10_000

/** Blocks and destroys the stamps of what a write changes, before it becomes visible. */
export class Marker {
  readonly #parts: MarkerParts
  /** Tags of visible writes that Redis has not been told about. */
  readonly #pending = new Set<string>()
  /** What lifts the local marks of those writes. */
  readonly #blocked: (() => void)[] = []
  /** The latest write could not be told. */
  #isCutOff = false
  /** Counts the times that Redis, or the way to it, was lost. */
  #generation = 0
  /** Marks whose transaction has an unknown fate, by transaction. */
  readonly #kept = new Map<string, () => Promise<void>>()

  constructor(parts: MarkerParts) {
    this.#parts = parts
  }

  /** Transactions of this process whose fate is unknown. */
  get kept(): ReadonlyMap<string, () => Promise<void>> {
    return this.#kept
  }

  get pending(): number {
    return this.#pending.size
  }

  /**
   * Marks tags here and in Redis.
   *
   * @throws CacheError `HOLDFAST_CACHE_UNMARKABLE` when Redis cannot be told and the policy is to fail
   */
  async mark(request: MarkRequest): Promise<Marking> {
    const { tags, remote } = this.#parts
    const held = tags.mark(request.names)
    const mark = {
      tags: request.names,
      tables: request.tables,
      mark: `${this.#parts.writer}:${request.transaction}`,
    }
    const generation = this.#generation
    const told = remote === undefined || (await this.#tell(remote, mark, () => tags.release(held)))
    const release = async () => {
      const unblock = () => tags.release(held)
      const intact = told && generation === this.#generation
      if (remote === undefined) unblock()
      else await this.#releaseRemote(remote, mark, { intact, unblock })
    }
    return { release, keep: () => this.#keep(request.transaction, release) }
  }

  /** One transaction may have set several marks. */
  #keep(transaction: string, release: () => Promise<void>): void {
    const others = this.#kept.get(transaction)
    this.#kept.set(transaction, async () => {
      this.#kept.delete(transaction)
      await others?.()
      await release()
    })
  }

  /** Changes that are visible already, or that nobody marks: destroys the stamps. */
  async touch(names: readonly string[]): Promise<void> {
    const { tags, remote } = this.#parts
    for (const name of names) tags.invalidate(name)
    if (remote !== undefined) await this.#touchRemote(remote, names)
  }

  /** Redis, or the way to it, was lost: what was marked there may be gone. */
  lost(): void {
    this.#generation++
  }

  /** Redis is back: it is told what it missed before anybody relies on it. */
  async catchUp(): Promise<void> {
    const { remote } = this.#parts
    if (remote === undefined || this.#pending.size === 0) return
    const names = [...this.#pending]
    const blocked = this.#blocked.splice(0)
    this.#pending.clear()
    try {
      await remote.touch(names)
      for (const unblock of blocked) unblock()
    } catch {
      for (const name of names) this.#pending.add(name)
      this.#blocked.push(...blocked)
    }
  }

  /** Whether Redis knows of the mark. */
  async #tell(remote: RemoteStore, mark: RemoteMark, undo: () => void): Promise<boolean> {
    try {
      // The first writes of a process may come before it has had a chance to connect.
      if (!remote.available) await remote.tried()
      if (!remote.available) throw new Error('Redis is not available')
      await remote.mark(mark)
      this.#isCutOff = false
      return true
    } catch (error) {
      if (this.#parts.onUnmarkable === 'fail') {
        undo()
        throw unmarkable(error)
      }
      this.#parts.onUnmarked(error, !this.#isCutOff)
      this.#isCutOff = true
      return false
    }
  }

  async #releaseRemote(
    remote: RemoteStore,
    mark: RemoteMark,
    { intact, unblock }: { intact: boolean; unblock: () => void },
  ): Promise<void> {
    // The usual case: readers bypass until the mark is gone, so nobody has to wait for that.
    if (intact) {
      unblock()
      void remote.release(mark).catch(() => this.#touchLater(mark.tags))
      return
    }
    // The mark never arrived, or was lost with its server: what was kept since must go before the write is acknowledged.
    try {
      await remote.release(mark)
      unblock()
    } catch {
      this.#touchLater(mark.tags, unblock)
    }
  }

  async #touchRemote(remote: RemoteStore, names: readonly string[]): Promise<void> {
    try {
      await remote.touch(names)
    } catch {
      this.#touchLater(names)
    }
  }

  /** @param unblock until then this process answers nothing from the cache that the write may have changed */
  #touchLater(names: readonly string[], unblock?: () => void): void {
    const kept = this.#pending.size + names.length > MOST_PENDING ? this.#parts.everything() : names
    for (const name of kept) this.#pending.add(name)
    if (unblock !== undefined) this.#blocked.push(unblock)
  }
}

function unmarkable(cause: unknown): CacheError {
  const message =
    'The write was rolled back: Redis could not be told about it, and cache.onUnmarkable is "fail". Try again when Redis answers, or choose "commit".'
  return new CacheError('HOLDFAST_CACHE_UNMARKABLE', message, { cause })
}
