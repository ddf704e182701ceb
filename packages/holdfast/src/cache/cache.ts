import { randomBytes } from 'node:crypto'
import { type CacheSettings, checkInvalidate } from '../base/cache-options.js'
import type { Clock } from '../base/clock.js'
import { describeGiven } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import type { Execute, Interceptor, QueryRequest, Result } from '../base/execute.js'
import type { GuardConnection } from '../base/statement-guard.js'
import type { Warn } from '../base/warning.js'
import { textOf } from './attributed.js'
import { sharedKey } from './cache-key.js'
import { CacheCounters, type CacheStats } from './cache-stats.js'
import type { ResultWish, SharedRead } from './cached-read.js'
import type { CodecOptions } from './codec.js'
import { type Ask, Definitions, type Knowledge } from './definitions.js'
import { type Entry, noteFate } from './entry.js'
import { type Explanation, explain } from './explain.js'
import { FastPath } from './fast-path.js'
import { guardContext } from './guard-context.js'
import type { HitCalls } from './hit-calls.js'
import { inTime } from './in-time.js'
import { Marker } from './marker.js'
import { MemoryStore } from './memory-store.js'
import { Orphans } from './orphans.js'
import type { ExplainOptions, InvalidateOptions, PoolCache } from './pool-cache.js'
import type { Reader } from './reader.js'
import { type ConnectRemote, RemoteSwitch } from './remote-switch.js'
import { Settling } from './settling.js'
import { readerFor } from './shadow-reader.js'
import { SharedPath } from './shared-path.js'
import { SharedTier, type SharedTierParts } from './shared-tier.js'
import type { KnownStatement } from './statements.js'
import { wholeTag } from './tag-names.js'
import { TagRegistry } from './tags.js'
import { TextMemo } from './text-memo.js'
import { type QueryParts, toRead } from './to-read.js'
import { WriteGuard } from './write-guard.js'

/** What the cache needs of the pool. */
export interface CacheParts {
  readonly settings: CacheSettings
  readonly clock: Clock
  readonly random: () => number
  /** The rest of the way to the database. */
  readonly load: Execute
  /** Asks the database past the cache, with pg's own parsers. */
  readonly ask: Ask
  /** Who asks whom: user, host, database, startup options. Part of every key; never a password. */
  readonly identity: string
  /** Queries may come under identities. */
  readonly identities: boolean
  /** The pool's own parsers, if it has any, as pg looks them up. */
  readonly types: ResultWish['types']
  /** Connects to the store that all processes share; absent: in this process only. */
  readonly connectRemote: ConnectRemote | undefined
  readonly warn: Warn
}

/** So many results in a row from other sessions: ours is the odd one. */
const FOREIGN_SESSIONS = 10

/** Coherent caching of reads; see the concept page "Coherence". */
export class Cache implements PoolCache {
  readonly #parts: CacheParts
  readonly #tags = new TagRegistry()
  readonly #counters = new CacheCounters()
  readonly #memory: MemoryStore<Entry>
  readonly #definitions: Definitions
  readonly #marker: Marker
  readonly #reader: Reader
  readonly #shared: SharedTier | undefined
  readonly #remote: RemoteSwitch | undefined
  readonly #orphans: Orphans
  /** Makes the guard of a new connection. */
  readonly guard: GuardConnection
  readonly #fastPath: FastPath
  /** Results in a row that came from sessions of another kind than ours. */
  #foreign = 0
  /** The context that shared keys are made in, learned with the definitions. */
  #keyContext = ''
  /** By the keys of this process. */
  readonly #sharedKeys = new TextMemo()

  constructor(parts: CacheParts) {
    this.#parts = parts
    const { settings, connectRemote, clock, ask } = parts
    const remote = connectRemote && new RemoteSwitch(connectRemote)
    this.#remote = remote
    this.#memory = new MemoryStore({
      maxBytes: settings.maxBytes,
      onRemoved: (_, entry) => {
        noteFate(entry)
        this.#tags.letGo(entry.tags)
      },
    })
    this.#definitions = new Definitions({
      settings,
      identities: parts.identities,
      ask,
      onMisfit: ({ message }) =>
        parts.warn({
          code: 'cache-table-missing',
          message: `${message} Declared keys are not used until that is mended.`,
        }),
      onChange: (knowledge, before) => this.#learned(knowledge, before),
    })
    this.#marker = new Marker({
      tags: this.#tags,
      remote,
      writer: randomBytes(9).toString('base64url'),
      onUnmarkable: settings.onUnmarkable,
      onUnmarked: (error, isFirst) => this.#unmarked(error, isFirst),
      everything: () => [...(this.#definitions.knowledge?.schemas.keys() ?? [])],
    })
    this.#orphans = new Orphans({ remote, marker: this.#marker, ask, clock })
    const onMarked = (names: readonly string[]) => this.#orphans.noteMarked(names)
    this.#shared = remote && this.#share(remote, { codec: codecOf(settings), onMarked })
    this.#reader = readerFor({
      ...parts,
      tags: this.#tags,
      memory: this.#memory,
      shared: this.#shared,
      counters: this.#counters,
      session: () => this.#definitions.latest?.session,
      onSession: isOurs => this.#noteSession(isOurs),
      onMarked,
      touch: names => this.#marker.touch(names),
    })
    this.#fastPath = this.#makeFastPath()
    const context = guardContext({
      clock,
      definitions: this.#definitions,
      marker: this.#marker,
      orphans: this.#orphans,
      counters: this.#counters,
    })
    this.guard = connection => new WriteGuard(context, connection)
  }

  /** The interceptor: answers reads, sends everything that may write through its connection's guard. */
  readonly intercept: Interceptor = next => request => this.#run(request, next)

  /** The fast path of a query, see {@link FastPath.answer}. */
  hit(
    config: string | QueryParts,
    values: readonly unknown[] | undefined,
    calls: HitCalls,
  ): Promise<Result> | undefined {
    return this.#fastPath.answer(config, values, calls)
  }

  /**
   * Throws away what is kept of some tables, here and in every process, as if all their rows had changed.
   *
   * @throws OptionsError for a table that is not opted in
   */
  async invalidate(options: InvalidateOptions): Promise<void> {
    const tables = checkInvalidate(options)
    const knowledge = await this.#definitions.ready()
    const names = tables.map(name => {
      const table = knowledge.tables.get(name)
      if (table !== undefined) return wholeTag(table)
      const known = [...this.#parts.settings.tables.keys()].join(', ')
      throw new OptionsError('tables', `tables of the option cache.tables (${known})`, 'another name')
    })
    await this.#marker.touch(names)
  }

  /** Counters since the pool was made, and the tiers as they are now. */
  stats(): CacheStats {
    const remote = this.#remote
    return this.#counters.snapshot({
      evictions: this.#memory.evictions,
      entries: this.#memory.size,
      bytes: this.#memory.bytes,
      enabled: this.enabled,
      ...(remote && { redis: this.#redisState(remote) }),
    })
  }

  /** Whether results are kept at this moment: always in process, with Redis while it answers and is settled. */
  get enabled(): boolean {
    return this.#remote === undefined || (this.#remote.available && this.#shared?.settled === true)
  }

  /**
   * Says what the cache would do with a query, and why. The query is not run.
   *
   * @throws OptionsError for what is no text
   */
  async explain(
    text: string,
    values?: readonly unknown[],
    { underIdentity = false }: ExplainOptions = {},
  ): Promise<Explanation> {
    if (typeof text !== 'string') throw new OptionsError('text', 'SQL as a text', describeGiven(text))
    const { statements, identityStatements } = await this.#definitions.ready()
    if (underIdentity && identityStatements === undefined)
      throw new OptionsError('underIdentity', 'a pool with the option rls', 'one without')
    return explain((underIdentity && identityStatements ? identityStatements : statements).of(text), {
      values,
      consistency: this.#parts.settings.consistency,
    })
  }

  /** The way to the database was lost: another server, or an older state of this one, may answer from now on. */
  suspect(): void {
    this.#definitions.doubt()
  }

  /** Forgets everything and closes what it was given to close. */
  async close(): Promise<void> {
    this.#memory.clear()
    await this.#remote?.close()
  }

  #makeFastPath(): FastPath {
    const { settings, clock, types } = this.#parts
    const parts = { clock, reader: this.#reader, definitions: this.#definitions }
    // A hit that may be compared with the database goes the long way, where its query is known.
    const shared = settings.shadowReads > 0 ? undefined : this.#shared
    const sharedPath = shared && new SharedPath({ ...parts, memory: this.#memory, tags: this.#tags, shared })
    return new FastPath({ ...parts, settings, types, sharedPath })
  }

  #redisState({ state }: RemoteSwitch): RemoteSwitch['state'] {
    if (!state.available || this.enabled) return state
    return { available: true, reason: 'writes that relied on an earlier Redis may be under way' }
  }

  #run(request: QueryRequest, next: Execute): Promise<Result> {
    const { knowledge } = this.#definitions
    return knowledge === undefined ? this.#runLater(request, next) : this.#runNow(knowledge, request, next)
  }

  /** Without definitions nothing is known of the statement: its guard tries again, and says what is wrong. */
  async #runLater(request: QueryRequest, next: Execute): Promise<Result> {
    const look = this.#definitions.ready().catch(() => undefined)
    const what = 'the definitions of the database'
    const knowledge = await inTime(look, { request, clock: this.#parts.clock, what })
    if (knowledge === undefined) return next({ ...request, guarded: true })
    return this.#runNow(knowledge, request, next)
  }

  #runNow(knowledge: Knowledge, request: QueryRequest, next: Execute): Promise<Result> {
    const text = textOf(request)
    const statements = request.identity === undefined ? knowledge.statements : knowledge.identityStatements
    const statement = text === undefined ? undefined : statements?.of(text)
    if (statement === undefined || statement.guarded) return next({ ...request, guarded: true })
    try {
      return this.#answer(request, { knowledge, statement })
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #answer(
    request: QueryRequest,
    { knowledge, statement }: { knowledge: Knowledge; statement: KnownStatement },
  ): Promise<Result> {
    const { consistency } = this.#parts.settings
    const isRead = statement.plan.kind === 'read'
    // What only reads is safe to repeat when its connection is lost, whether or not the caller says so. What may be kept
    // is the latest; only who says that a read changes nothing lets a replica answer what is not kept.
    const marked = isRead ? { ...request, readOnly: true, primary: true } : request
    const read = toRead(marked, { knowledge, statement, consistency, types: this.#parts.types })
    if (typeof read !== 'string') return this.#reader.read(read)
    return this.#reader.bypass(request.readOnly ? request : marked, read)
  }

  /** New definitions: what was kept under the old ones is outdated. */
  #learned(knowledge: Knowledge, before: Knowledge | undefined): void {
    const { schemas, identity, missing, keyContext } = knowledge
    const { identity: client, settings } = this.#parts
    this.#sharedKeys.clear()
    this.#keyContext = sharedKey([client, settings.context ?? '', identity, ...keyContext])
    this.#remote?.use(identity)
    this.#tags.invalidateAll()
    this.#shared?.relearned(schemas, before?.schemas)
    for (const name of missing) {
      if (before?.missing.includes(name)) continue
      const message = `The table "${name}" of the option cache.tables does not exist (yet): its reads are not cached.`
      this.#parts.warn({ code: 'cache-table-missing', message })
    }
  }

  #share(remote: RemoteSwitch, parts: Pick<SharedTierParts, 'codec' | 'onMarked'>): SharedTier {
    const { settings, clock, ask } = this.#parts
    const settling = new Settling({ remote, ask, clock })
    const shared = new SharedTier({
      settings,
      clock,
      remote,
      settling,
      ...parts,
      keyOf: read => this.#sharedKeyOf(read),
      schemaOf: name => this.#definitions.knowledge?.schemas.get(name),
      onForeignSchema: () => void this.#definitions.refresh().catch(() => undefined),
    })
    remote.onInvalidated = name => this.#tags.invalidate(name)
    remote.onReset = () => {
      this.#marker.lost()
      settling.reset()
      shared.reset()
      this.#tags.invalidateAll()
    }
    remote.onReady = () => {
      void this.#marker.catchUp().catch(() => undefined)
      settling.begin()
    }
    return shared
  }

  #sharedKeyOf(read: SharedRead): string {
    read.sharedKey ??= this.#sharedKeys.get(read.key) ?? this.#sharedKeys.keep(read.key, this.#digestOf(read))
    return read.sharedKey
  }

  #digestOf({ text, variant, parameters }: SharedRead): string {
    return sharedKey([this.#keyContext, text, variant, parameters])
  }

  /** When every connection is set up in another way than the one that was looked through, that way is the usual one. */
  #noteSession(isOurs: boolean): void {
    this.#foreign = isOurs ? 0 : this.#foreign + 1
    if (this.#foreign < FOREIGN_SESSIONS) return
    this.#foreign = 0
    void this.#definitions.refresh().catch(() => undefined)
  }

  #unmarked(error: unknown, isFirst: boolean): void {
    this.#counters.unmarked++
    if (!isFirst) return
    const message =
      'Redis could not be told about a write before it was committed: other processes may serve what they kept until Redis answers again.'
    this.#parts.warn({ code: 'cache-unmarked', message, cause: error })
  }
}

function codecOf({ compressFrom, encryption }: CacheSettings): CodecOptions {
  return { compressAbove: compressFrom, encryption }
}
