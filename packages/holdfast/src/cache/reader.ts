import type { CacheSettings, Consistency } from '../base/cache-options.js'
import type { Clock } from '../base/clock.js'
import type { Execute, QueryRequest, RawCapture, Result } from '../base/execute.js'
import { attachCacheInfo, type BypassReason, type CacheInfo, informNew } from './cache-info.js'
import type { CacheCounters } from './cache-stats.js'
import type { CachedRead, KeptRead, ResultWish } from './cached-read.js'
import { Departures } from './departures.js'
import { Entry, isWorthKeeping } from './entry.js'
import { entryBytes, SMALLEST_ENTRY } from './entry-size.js'
import { internFields } from './field-table.js'
import { type Flight, Flights, type Landing } from './flights.js'
import type { Basis, FoundValue } from './found.js'
import { inTime } from './in-time.js'
import { materializeOnce } from './materializer.js'
import type { MemoryStore } from './memory-store.js'
import type { RawField } from './raw-result.js'
import type { SharedTier } from './shared-tier.js'
import { readTags } from './tag-names.js'
import { freshStamp, type Stamp, type Tag, type TagRegistry } from './tags.js'

/** What the reader works with. */
export interface ReaderParts {
  readonly settings: CacheSettings
  readonly clock: Clock
  readonly random: () => number
  readonly tags: TagRegistry
  readonly memory: MemoryStore<Entry>
  /** Absent: the authority is this process. */
  readonly shared: SharedTier | undefined
  readonly counters: CacheCounters
  /** The session in which definitions were looked at. */
  readonly session: () => string | undefined
  /** A result came from that session, or from another one. */
  readonly onSession: (isOurs: boolean) => void
  /** A read found tags marked. */
  readonly onMarked: (names: readonly string[]) => void
  /** The rest of the way to the database. */
  readonly load: Execute
}

/** A TTL is shortened by up to this part, so that what was stored together does not expire together. */
const TTL_JITTER = 0.1

/** Answers reads from memory, from what all processes share, or from the database: in this order. */
export class Reader {
  readonly #parts: ReaderParts
  readonly #flights = new Flights()
  readonly #departures: Departures

  constructor(parts: ReaderParts) {
    this.#parts = parts
    this.#departures = new Departures(parts.load)
  }

  /** What is kept and current as far as this process knows; `undefined` when the read has to go the long way. */
  find(key: string, now: number): Entry | undefined {
    const entry = this.#parts.memory.get(key, now)
    // Near its end an entry may be due for a refresh: that is for the long way.
    return entry === undefined || now >= entry.earlyFrom || !entry.current ? undefined : entry
  }

  /** Whether a current entry will do as it is, or only when {@link Reader.barrier} has passed. */
  needsNoBarrier(consistency: Consistency, now: number): boolean {
    const { shared, settings } = this.#parts
    if (shared === undefined || consistency === 'ttl') return true
    return consistency === 'bounded' && now - shared.validAsOf <= settings.bound
  }

  /**
   * Resolves when whatever was acknowledged before the call has reached the tags, to the instant of that; to `undefined`
   * when that cannot be known.
   */
  barrier(): Promise<number | undefined> {
    return this.#parts.shared?.barrier() ?? NOT_PASSED
  }

  /** A hit. @throws what a parser throws; then it was none */
  serve(entry: Entry, shape: ResultWish, now: number): Result {
    entry.served = true
    entry.goodAt = now
    const result = entry.result(shape, { status: 'hit', tier: 'memory', age: now - entry.times.storedAt })
    this.#parts.counters.memoryHits++
    return result
  }

  /** A hit in the shared tier, kept in memory from now on. @throws what a parser throws */
  adopt(read: KeptRead, { basis, raw, times }: FoundValue): Result {
    const { clock, counters } = this.#parts
    const entry = this.#keep(read, basis, { raw, times })
    // Somebody got it who had not loaded it: it was not kept in vain, even if another one takes its place now.
    entry.served = true
    const result = materializeOnce(raw, read.shape)
    counters.redisHits++
    return informNew(result, { status: 'hit', tier: 'redis', age: clock.now() - times.storedAt })
  }

  /** The long way: memory, then the shared tier, a load of another caller, or a load; or what is stale by permission. */
  read(read: CachedRead): Promise<Result> {
    const { memory, clock, random } = this.#parts
    const now = clock.now()
    const entry = memory.get(read.key, now)
    if (entry === undefined) return this.#fetch(read)
    if (entry.current && now < entry.times.expiresAt) {
      if (entry.shouldRefresh(now, 1 - random())) this.#refresh(entry, read)
      if (!this.needsNoBarrier(read.consistency, now)) return this.#behindBarrier(entry, read)
      return Promise.resolve(this.serve(entry, read.shape, now))
    }
    const stale = this.#stale(entry, read, now)
    return stale === undefined ? this.#fetch(read) : Promise.resolve(stale)
  }

  /** Goes to the database and keeps nothing. */
  bypass(request: QueryRequest, reason: BypassReason): Promise<Result> {
    this.#parts.counters.bypass(reason)
    return this.#parts.load(request).then(result => withInfo(result, { status: 'bypass', reason }))
  }

  /** Serves an entry when the barrier has passed, if it brings no bad news. */
  async #behindBarrier(entry: Entry, read: CachedRead): Promise<Result> {
    const passedAt = await this.barrier()
    if (passedAt === undefined || !entry.current) return this.#fetch(read)
    return this.serve(entry, read.shape, passedAt)
  }

  /** An expired or outdated result, for who allows it. */
  #stale(entry: Entry, read: CachedRead, now: number): Result | undefined {
    if (read.maxStale === 0 || now >= entry.staleUntil(read.maxStale)) return undefined
    this.#parts.counters.stale++
    if (!entry.refreshing) this.#refresh(entry, read)
    return entry.result(read.shape, { status: 'stale', tier: 'memory', age: now - entry.times.storedAt })
  }

  /** Loads in the background; whoever asked for the old result does not wait, and does not hear of a failure. */
  #refresh(entry: Entry, read: CachedRead): void {
    entry.refreshing = true
    this.#parts.counters.earlyRefreshes++
    const request = { ...read.request, signal: undefined, trace: undefined }
    this.#fetch({ ...read, request, refresh: true })
      .catch(() => undefined)
      .finally(() => {
        entry.refreshing = false
      })
  }

  /** Keeps an entry in memory, and with it its tags until it leaves. */
  #remember({ key, maxStale }: KeptRead, entry: Entry): void {
    const { tags, memory, clock } = this.#parts
    const bytes = memory.fits(SMALLEST_ENTRY) ? entryBytes(key, entry.raw) : Number.POSITIVE_INFINITY
    if (!memory.fits(bytes)) return void memory.delete(key)
    tags.retain(entry.tags)
    const limits = { bytes, expiresAt: entry.times.expiresAt + maxStale, now: clock.now() }
    if (!memory.set(key, entry, limits)) tags.letGo(entry.tags)
  }

  async #fetch(read: CachedRead): Promise<Result> {
    const { tags } = this.#parts
    const held = this.#hold(read)
    try {
      const { shared } = this.#parts
      return await (shared === undefined ? this.#readLocal(read, held) : this.#readShared(shared, read, held))
    } finally {
      tags.letGo(held)
    }
  }

  #hold(read: CachedRead): readonly Tag[] {
    const { tags, shared } = this.#parts
    const asked = askedOf(read)
    if (asked === undefined)
      return tags.hold(readTags(read.dependencies, read.values, shared?.wideTables ?? NONE))
    tags.retain(asked.tags)
    return asked.tags
  }

  /** Goes to the database, together with whoever asks the same at this moment, and keeps nothing. */
  async #together(read: CachedRead, reason: BypassReason): Promise<Result> {
    this.#parts.counters.bypass(reason)
    const isAlong = this.#departures.has(read)
    const answer = this.#departures.take(read)
    const result = await (isAlong ? this.#withinLimits(answer, read.request) : answer)
    return withInfo(result, { status: 'bypass', reason })
  }

  async #readLocal(read: CachedRead, tags: readonly Tag[]): Promise<Result> {
    const marked = tags.filter(tag => tag.marks > 0)
    if (marked.length > 0) {
      this.#parts.onMarked(marked.map(({ name }) => name))
      return this.#together(read, 'write-under-way')
    }
    const stamps = tags.map(mint)
    return this.#joinOrLoad(read, { tags, stamps })
  }

  async #readShared(shared: SharedTier, read: CachedRead, tags: readonly Tag[]): Promise<Result> {
    const first = askedOf(read)?.found ?? (await shared.find(read, tags))
    const found = first === 'wait' ? await shared.await(read, tags) : first
    if (found.kind === 'bypass') return this.#together(read, found.reason)
    return found.kind === 'value' ? this.adopt(read, found) : this.#joinOrLoad(read, found.basis)
  }

  async #joinOrLoad(read: CachedRead, basis: Basis): Promise<Result> {
    const flight = this.#flights.find(read.key, basis.stamps)
    return flight === undefined ? this.#load(read, basis) : this.#join(read, flight)
  }

  async #join(read: CachedRead, flight: Flight): Promise<Result> {
    const landing = await this.#withinLimits(flight.landing, read.request)
    switch (landing.kind) {
      case 'entry': {
        this.#parts.counters.shared++
        const age = this.#parts.clock.now() - landing.entry.times.storedAt
        return landing.entry.result(read.shape, { status: 'hit', tier: 'memory', age })
      }
      case 'error':
        throw landing.error
      case 'again':
        return this.read({ ...read, asked: undefined })
      case 'alone':
        return this.bypass(read.request, landing.reason)
    }
  }

  #withinLimits<T>(promise: Promise<T>, request: QueryRequest): Promise<T> {
    return inTime(promise, {
      request,
      clock: this.#parts.clock,
      what: 'the same query of another caller',
    })
  }

  async #load(read: CachedRead, basis: Basis): Promise<Result> {
    const { clock, counters, load, shared } = this.#parts
    let land: (landing: Landing) => void = () => undefined
    const landing = new Promise<Landing>(resolve => {
      land = resolve
    })
    this.#flights.start(read.key, { ...basis, landing })
    const capture: RawCapture = { fields: [], rows: [], session: '' }
    const startedAt = clock.now()
    try {
      const result = await load({ ...read.request, capture })
      const entry = this.#keepLoaded(read, basis, { result, capture, startedAt })
      if (entry === undefined) {
        const reason = this.#whyNot(capture)
        land({ kind: 'alone', reason })
        shared?.abandon(read)
        counters.bypass(reason)
        return withInfo(result, { status: 'bypass', reason })
      }
      land({ kind: 'entry', entry })
      counters.misses++
      shared?.store(read, entry)
      return withInfo(result, { status: 'miss' })
    } catch (error) {
      shared?.abandon(read)
      land(isAnswer(error) ? { kind: 'error', error } : { kind: 'again' })
      throw error
    }
  }

  #whyNot({ session }: RawCapture): BypassReason {
    return session === this.#parts.session() ? 'not-worth-keeping' : 'session-changed'
  }

  /** Keeps what was loaded, unless the connection saw things in a way of its own. */
  #keepLoaded(
    read: CachedRead,
    basis: Basis,
    { result, capture, startedAt }: { result: Result; capture: RawCapture; startedAt: number },
  ): Entry | undefined {
    const { clock, random } = this.#parts
    if (!this.#isOurSession(capture) || Array.isArray(result) || capture.fields.length === 0) return undefined
    if (!isWorthKeeping(read.admission, random())) return undefined
    const now = clock.now()
    const expiresAt = now + read.ttl * (1 - TTL_JITTER * random())
    const times = {
      storedAt: now,
      expiresAt,
      loadMillis: now - startedAt,
    }
    const { command, rowCount } = result
    const { fields, rows } = capture
    const raw = { command, rowCount, fields: internFields(fields as RawField[]), rows }
    return this.#keep(read, basis, { raw, times })
  }

  #isOurSession({ session }: RawCapture): boolean {
    const isOurs = session === this.#parts.session()
    this.#parts.onSession(isOurs)
    return isOurs
  }

  #keep(read: KeptRead, { tags, stamps }: Basis, { raw, times }: Pick<Entry, 'raw' | 'times'>): Entry {
    const entry = new Entry({ raw, times, tags, stamps, admission: read.admission })
    // Outdated while it was loaded: it would take the place of what was loaded since.
    if (entry.current) this.#remember(read, entry)
    return entry
  }
}

const NONE: ReadonlySet<number> = new Set()
const NOT_PASSED: Promise<undefined> = Promise.resolve(undefined)

/** What is known of a read already; not what was asked under other definitions, nor for a refresh. */
function askedOf({ asked, key, refresh }: CachedRead): CachedRead['asked'] {
  return asked?.key === key && !refresh ? asked : undefined
}

/** The current stamp of an unmarked tag, made when it has none. */
function mint(tag: Tag): Stamp {
  tag.stamp ??= freshStamp()
  return tag.stamp
}

function withInfo(result: Result, info: CacheInfo): Result {
  return Array.isArray(result) ? result : attachCacheInfo(result, info)
}

/** Whether an error is the server's answer to the statement, the same for everybody who asks. */
function isAnswer(error: unknown): boolean {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  return severity === 'ERROR' && code !== '57014'
}
