import type { CacheSettings } from '../base/cache-options.js'
import type { Clock } from '../base/clock.js'
import type { CachedRead, SharedRead } from './cached-read.js'
import { type CodecOptions, decodeEntry, encodeEntry } from './codec.js'
import { type Entry, isInVain } from './entry.js'
import type { StoredValue } from './entry-layout.js'
import type { Basis, Found } from './found.js'
import type { RemoteAnswer, RemoteStore, RemoteTag } from './ports.js'
import type { Settling } from './settling.js'
import { payloadOf, sealValue } from './stored-value.js'
import type { Stamp, Tag } from './tags.js'

/** What the shared tier works with. */
export interface SharedTierParts {
  readonly settings: CacheSettings
  readonly clock: Clock
  readonly remote: RemoteStore
  readonly settling: Settling
  readonly codec: CodecOptions
  /** The key for all processes, of a read. */
  readonly keyOf: (read: SharedRead) => string
  /** The fingerprint of the keyed columns behind the whole tag of a table. */
  readonly schemaOf: (name: string) => string | undefined
  /** Tags were found marked. */
  readonly onMarked: (names: readonly string[]) => void
  /** Somebody knows other keyed columns than this process: definitions may have changed. */
  readonly onForeignSchema: () => void
}

/** A tag that is asked for, with how often it had been invalidated by then. */
interface AskedTag extends RemoteTag {
  readonly epoch: number
}

/** A read on its way to the remote store. */
interface Question {
  readonly read: SharedRead
  readonly tags: readonly Tag[]
  readonly asked: readonly AskedTag[]
  /** When it was asked, on the process's clock. */
  readonly began: number
}

/** How long one process waits for the load of another before it asks the database itself. */
const LONGEST_WAIT_MS = 2_000
/** Pause between two looks while another process loads. */
const SHORTEST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 16

const UNAVAILABLE: Found = Object.freeze({ kind: 'bypass', reason: 'redis-unavailable' })
const NO_ANSWER = Promise.resolve(UNAVAILABLE)
const unavailable = (): Found => UNAVAILABLE
const NOT_PASSED: Promise<number | undefined> = Promise.resolve(undefined)

/** The tier that all processes share: who is asked for stamps, and where values are kept for the others. */
export class SharedTier {
  readonly #parts: SharedTierParts
  /** Tables whose keyed columns other processes know differently: by oid. */
  #wide: ReadonlySet<number> = new Set()
  #validAsOf = Number.NEGATIVE_INFINITY
  /** The store's latest barrier, and what becomes of it. */
  #barrier: Promise<void> | undefined
  #passed = NOT_PASSED

  constructor(parts: SharedTierParts) {
    this.#parts = parts
  }

  get wideTables(): ReadonlySet<number> {
    return this.#wide
  }

  /** Whether what is kept may be relied on, and so anything is kept. */
  get settled(): boolean {
    return this.#parts.settling.settled
  }

  /** Whether it is worth asking. */
  get answers(): boolean {
    return this.#parts.remote.available && this.settled
  }

  /** Everything acknowledged before this instant has reached the tags of this process. */
  get validAsOf(): number {
    return this.#validAsOf
  }

  /** Definitions were read again: tables whose keyed columns are others now deserve another try. */
  relearned(schemas: ReadonlyMap<string, string>, before: ReadonlyMap<string, string> | undefined): void {
    const unchanged = [...schemas].filter(([name, schema]) => before?.get(name) === schema)
    const oids = new Set(unchanged.map(([name]) => Number.parseInt(name, 10)))
    this.#wide = new Set([...this.#wide].filter(oid => oids.has(oid)))
  }

  /** Nothing that was known holds any longer. */
  reset(): void {
    this.#validAsOf = Number.NEGATIVE_INFINITY
  }

  /**
   * Resolves, when everything acknowledged before the call has reached the tags, to the instant of that; to `undefined`
   * when that cannot be known. One promise for all who share one barrier of the store.
   */
  barrier(): Promise<number | undefined> {
    const { remote, clock, settling } = this.#parts
    if (!settling.settled) return NOT_PASSED
    const asked = remote.barrier()
    if (asked === this.#barrier) return this.#passed
    const began = clock.now()
    this.#barrier = asked
    this.#passed = asked.then(
      () => {
        this.#validAsOf = Math.max(this.#validAsOf, began)
        return clock.now()
      },
      () => undefined,
    )
    return this.#passed
  }

  /**
   * Asks for the stamps of a read and its value.
   *
   * @returns `wait` while another process loads it, see {@link SharedTier.await}
   */
  find(read: SharedRead, tags: readonly Tag[]): Promise<Found | 'wait'> {
    if (!this.answers) return NO_ANSWER
    const { remote, clock, keyOf } = this.#parts
    const asked = tags.map(tag => this.#asked(tag))
    const question = { read, tags, asked, began: clock.now() }
    const lease = !read.refresh && !isInVain(read.admission)
    return remote
      .read({ key: keyOf(read), tags: asked, lease })
      .then(answer => this.#found(question, answer), unavailable)
  }

  /** As {@link SharedTier.find}, once the process that loads the value has done so, or has had the time. */
  async await(read: CachedRead, tags: readonly Tag[]): Promise<Found> {
    const { clock } = this.#parts
    const giveUp = Math.min(clock.now() + LONGEST_WAIT_MS, read.request.deadline)
    for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      if (clock.now() + pause >= giveUp || read.request.signal?.aborted) return this.#now(read, tags)
      await new Promise<void>(resolve => clock.setTimeout(resolve, pause))
      const found = await this.find(read, tags)
      if (found !== 'wait') return found
    }
  }

  /** Keeps a loaded result for the others. Nobody waits for it. */
  store(read: CachedRead, entry: Entry): void {
    const { codec, keyOf, remote, clock } = this.#parts
    const key = keyOf(read)
    const age = clock.now() - entry.times.storedAt
    const life = entry.times.expiresAt - entry.times.storedAt
    const storedAt = Date.now() - age
    const stamps = entry.stamps as readonly string[]
    const { loadMillis } = entry.times
    const value = { raw: entry.raw, storedAt, expiresAt: storedAt + life, loadMillis }
    Promise.resolve(encodeEntry(ownerOf(key, stamps), value, codec))
      .then(payload => remote.store(key, sealValue({ stamps, payload }), Math.ceil(life)))
      .catch(() => this.abandon(read))
  }

  /** There is nothing to keep: others need not wait for it. Nobody waits for this. */
  abandon(read: CachedRead): void {
    const { keyOf, remote } = this.#parts
    if (!read.refresh) void remote.abandon(keyOf(read)).catch(() => undefined)
  }

  #found(
    { read, tags, asked, began }: Question,
    answer: RemoteAnswer,
  ): Found | 'wait' | Promise<Found | 'wait'> {
    if (began > this.#validAsOf) this.#validAsOf = began
    const judged = this.#judge(tags, asked, answer)
    if (judged !== undefined) return judged
    const basis = { tags, stamps: answer.stamps.map((stamp, index) => known(tags[index], stamp as string)) }
    const otherwise = answer.lease === 'held' ? 'wait' : ({ kind: 'load', basis } as const)
    const opened = answer.value && !read.refresh ? this.#opened(read, basis, answer.value) : undefined
    if (opened instanceof Promise) return opened.then(found => found ?? otherwise)
    return opened ?? otherwise
  }

  /** After waiting in vain: whatever another process does, this one loads. */
  async #now(read: CachedRead, tags: readonly Tag[]): Promise<Found> {
    const found = await this.find({ ...read, refresh: true }, tags)
    return found === 'wait' ? { kind: 'bypass', reason: 'write-under-way' } : found
  }

  #asked({ name, epoch }: Tag): AskedTag {
    return { name, schema: this.#parts.schemaOf(name), epoch }
  }

  /**
   * Takes the stamps over, before anything else can happen: an invalidation that comes after the answer must find them.
   *
   * @returns why they are no basis for anything, if they are not
   */
  #judge(tags: readonly Tag[], asked: readonly AskedTag[], { stamps }: RemoteAnswer): Found | undefined {
    let isUsual = this.#wide.size === 0
    for (let index = 0; index < tags.length; index++) {
      const stamp = stamps[index]
      if (stamp === undefined || (tags[index] as Tag).marks > 0) return this.#marked(tags, stamps)
      isUsual &&= !isForeign(asked[index] as AskedTag, stamp)
    }
    if (!isUsual && this.#areForeign(asked, stamps as readonly string[]))
      return { kind: 'bypass', reason: 'definitions-changed' }
    for (let index = 0; index < tags.length; index++) {
      const tag = tags[index] as Tag
      if (tag.epoch === asked[index]?.epoch) tag.stamp = known(tag, stamps[index] as string)
    }
    return undefined
  }

  #marked(tags: readonly Tag[], stamps: RemoteAnswer['stamps']): Found {
    const marked = tags.filter((tag, index) => stamps[index] === undefined || tag.marks > 0)
    this.#parts.onMarked(marked.map(({ name }) => name))
    return { kind: 'bypass', reason: 'write-under-way' }
  }

  /** Whether tables turn out to be known with other keyed columns; takes note of which are, and which are no longer. */
  #areForeign(tags: readonly RemoteTag[], stamps: readonly string[]): boolean {
    const foreign = tags.filter((tag, index) => isForeign(tag, stamps[index] as string))
    this.#narrow(tags.filter(tag => !foreign.includes(tag)))
    const unknown = foreign.map(({ name }) => Number.parseInt(name, 10)).filter(oid => !this.#wide.has(oid))
    if (unknown.length === 0) return false
    this.#wide = new Set([...this.#wide, ...unknown])
    this.#parts.onForeignSchema()
    return true
  }

  /** Tables whose stamp is again made by somebody who knows the same columns. */
  #narrow(tags: readonly RemoteTag[]): void {
    const known = tags.filter(({ schema }) => schema !== undefined)
    const oids = new Set(known.map(({ name }) => Number.parseInt(name, 10)))
    this.#wide = new Set([...this.#wide].filter(oid => !oids.has(oid)))
  }

  /** Makes a value of what is kept; a large one takes its time. */
  #opened(read: SharedRead, basis: Basis, stored: Buffer): Found | undefined | Promise<Found | undefined> {
    const { codec, keyOf } = this.#parts
    const payload = payloadOf(stored)
    if (payload === undefined) return undefined
    const decoded = decodeEntry(ownerOf(keyOf(read), basis.stamps), payload, codec)
    if (decoded instanceof Promise) return decoded.then(({ value }) => this.#fit(read, basis, value))
    return this.#fit(read, basis, decoded.value)
  }

  #fit(read: SharedRead, basis: Basis, opened: StoredValue | undefined): Found | undefined {
    if (opened === undefined) return undefined
    const life = opened.expiresAt - opened.storedAt
    const now = this.#parts.clock.now()
    // Another machine's clock decides nothing but how old the value is said to be: Redis lets it expire.
    const age = Math.min(life, Math.max(0, Date.now() - opened.storedAt))
    const storedAt = now - age
    const expiresAt = storedAt + Math.min(life, read.ttl)
    if (now >= expiresAt) return undefined
    return {
      kind: 'value',
      basis,
      raw: opened.raw,
      times: { storedAt, expiresAt, loadMillis: opened.loadMillis },
    }
  }
}

/** The same text once for all entries with a tag: then they are compared without looking at its characters. */
function known(tag: Tag | undefined, stamp: string): Stamp {
  return tag?.stamp === stamp ? tag.stamp : stamp
}

/** What a value is sealed for: under other stamps than those it was stored with, it is none. */
function ownerOf(key: string, stamps: readonly Stamp[]): string {
  return `${key}\n${stamps.join('\n')}`
}

/** Whether a table's stamp was made by somebody who knows other keyed columns. */
function isForeign({ schema }: RemoteTag, stamp: string): boolean {
  return schema !== undefined && !isOfSchema(stamp, schema)
}

/** Whether a stamp was made by somebody who knows these keyed columns. */
function isOfSchema(stamp: string, schema: string): boolean {
  return stamp.charCodeAt(schema.length) === DOT && stamp.startsWith(schema)
}

const DOT = 0x2e
