import { type Clock, systemClock } from '../base/clock.js'
import { CacheUnavailableError } from '../base/errors.js'
import type { Warn } from '../base/warning.js'
import { endIn } from './end-in.js'
import type { RemoteAnswer, RemoteMark, RemoteOrphan, RemoteRead, RemoteStore } from './ports.js'
import { MAX_TAGS_PER_READ, type PendingRead, RedisBatch } from './redis-batch.js'
import { markCall, pieces, randomName, rootOf, tagCall } from './redis-calls.js'
import { failureOf, RedisFailure } from './redis-failure.js'
import type { RedisLink, ScriptCall, Side } from './redis-link.js'
import { MARK, ORPHANS, RELEASE, TOUCH } from './redis-scripts.js'
import { RedisSession, type StoreState } from './redis-session.js'
import { type RedisLocation, redisSource } from './redis-source.js'

/** How a {@link RedisStore} works. Durations in milliseconds. */
export interface RedisStoreOptions {
  readonly redis: RedisLocation
  /** Which database's rows are cached: its system identifier and name. Two databases never share a key. */
  readonly databaseIdentity: string
  /** What all keys begin with. Default: `holdfast`. */
  readonly prefix?: string
  /** The longest that any call but `mark` takes. Default: 50. */
  readonly budget?: number
  /** The longest that `mark` takes: row locks are held meanwhile. Default: 50. */
  readonly markBudget?: number
  /** How long a stamp lives: longer than any value. Default: 25 h. */
  readonly stampLife?: number
  /** How long one loader keeps others from loading. Default: 2,000. */
  readonly leaseLife?: number
  readonly clock?: Clock
  /** Numbers in [0, 1) for jitter. Default: `Math.random`. */
  readonly random?: () => number
  /** Told once of each reason why the store cannot be used. Default: nobody. */
  readonly warn?: Warn
}

const DEFAULTS = {
  prefix: 'holdfast',
  budget: 50,
  markBudget: 50,
  stampLife: 25 * 3_600_000,
  leaseLife: 2_000,
  clock: systemClock,
  random: Math.random,
  warn: () => {},
}

/** Bytes of the name of a tag or value, and of the prefix: longer ones are hashed by who makes them. */
const LONGEST_NAME = 512
/** After a refusal for lack of memory nothing is stored for so long. */
const FULL_PAUSE_MS = 1_000

/** Bytes of a value that goes over the connection of the reads. */
const LARGEST_BESIDE_READS = 16_384

/** Under this name it is written that no write relies on marks from before. No key of a value is like it. */
const SETTLED = 'settled'

const nothing = (): void => {}

/**
 * Stamps and values in Redis. A tag is one key: a string that holds its stamp, or while it is marked a set of marks
 * that never expires by itself. Reads and barriers go over a connection that the server tells of every change of what
 * was read on it, and what is stored goes with them unless it is large; all else goes over another one.
 */
export class RedisStore implements RemoteStore {
  onInvalidated: (tag: string) => void = nothing
  onReset: () => void = nothing
  onReady: () => void = nothing
  readonly #options: Required<RedisStoreOptions>
  readonly #session: RedisSession
  readonly #batches: RedisBatch[] = []
  /** Batches and barriers that Redis has not answered. */
  #asking = 0
  /** Tags whose invalidation arrived in this turn. */
  readonly #invalidated: string[] = []
  #barrier: Promise<void> | undefined
  /** Waited for once: the writes after that need not pay for it again. */
  #tried: Promise<void> | undefined
  #fullUntil = Number.NEGATIVE_INFINITY

  /**
   * Begins to connect in the background.
   *
   * @throws OptionsError when `redis` is no location
   */
  constructor(options: RedisStoreOptions) {
    const settings = { ...DEFAULTS, ...options }
    this.#options = settings
    const { clock, random, warn } = settings
    this.#session = new RedisSession({
      link: { locate: redisSource(settings.redis, clock), root: rootOf(settings), clock },
      random,
      warn,
      events: {
        onInvalidated: tag => this.#defer(tag),
        onReset: () => this.onReset(),
        onReady: () => this.onReady(),
      },
    })
  }

  get available(): boolean {
    return this.#session.link !== undefined
  }

  get state(): StoreState {
    return this.#session.state
  }

  get inChargeFor(): number {
    return this.#session.link?.inChargeFor ?? 0
  }

  tried(): Promise<void> {
    const { clock, markBudget } = this.#options
    this.#tried ??= endIn(this.#session.tried, markBudget, { clock, isCall: true })
    return this.#tried
  }

  read(read: RemoteRead): Promise<RemoteAnswer> {
    if (!this.available) return Promise.reject(this.#unavailable())
    const { key, tags } = read
    if (tags.length > MAX_TAGS_PER_READ) return Promise.reject(unavailable('too many tags in one read'))
    if (!(isName(key) && tags.every(({ name }) => isName(name)))) return Promise.reject(badName())
    return new Promise((resolve, reject) => this.#enqueue({ read, resolve, reject }))
  }

  barrier(): Promise<void> {
    this.#barrier ??= this.#asking === 0 ? this.#confirmNow() : this.#confirmTogether()
    return this.#barrier
  }

  async store(key: string, value: Buffer, ttlMillis: number): Promise<void> {
    this.#check([key])
    const { clock, budget } = this.#options
    if (clock.now() < this.#fullUntil) throw unavailable('the memory of Redis is full')
    const life = String(Math.max(1, Math.floor(ttlMillis)))
    try {
      // Together with the next reads, in one write; but what takes its time must not be in the way of a barrier.
      const side = value.length > LARGEST_BESIDE_READS ? 'commands' : 'tracking'
      await this.#call(budget, link => link.send(['SET', link.valueKey(key), value, 'PX', life], side))
    } catch (error) {
      if (failureCode(error) === 'OOM') this.#fullUntil = clock.now() + FULL_PAUSE_MS
      throw error
    }
  }

  async abandon(key: string): Promise<void> {
    this.#check([key])
    await this.#call(this.#options.budget, link => link.send(['DEL', link.leaseKey(key)]))
  }

  async mark(mark: RemoteMark): Promise<void> {
    await this.#change(mark.tags, mark, { script: MARK, budget: this.#options.markBudget })
  }

  async release(mark: RemoteMark): Promise<void> {
    await this.#change(mark.tags, mark, { script: RELEASE, budget: this.#options.budget })
  }

  async touch(tags: readonly string[]): Promise<void> {
    await this.#change(tags, undefined, { script: TOUCH, budget: this.#options.budget })
  }

  async orphans(tags: readonly string[]): Promise<readonly RemoteOrphan[]> {
    this.#check(tags)
    const replies = await Promise.all(
      pieces(tags).map(piece => this.#script('commands', link => tagCall(link, ORPHANS, piece))),
    )
    const marks = replies.flat() as readonly (readonly Buffer[])[]
    return tags
      .map((tag, index) => ({ tag, marks: (marks[index] ?? []).map(String) }))
      .filter(orphan => orphan.marks.length > 0)
  }

  async isSettled(): Promise<boolean> {
    const reply = await this.#call(this.#options.budget, link => link.send(['GET', link.valueKey(SETTLED)]))
    return reply !== null
  }

  async settle(): Promise<void> {
    await this.#call(this.#options.budget, link => link.send(['SET', link.valueKey(SETTLED), '1']))
  }

  async close(): Promise<void> {
    this.#session.close()
  }

  /**
   * Keeps the order of the connection: an answer that came before the invalidation reaches its caller through
   * promises, which all settle before an immediate. Otherwise a stamp could be taken over after it was reported void.
   */
  #defer(tag: string): void {
    if (this.#invalidated.push(tag) > 1) return
    setImmediate(() => {
      for (const each of this.#invalidated.splice(0)) this.onInvalidated(each)
    })
  }

  /** Shared by who comes before it can have been sent: the client writes nothing while this turn lasts. */
  #confirmNow(): Promise<void> {
    process.nextTick(() => {
      this.#barrier = undefined
    })
    return this.#confirm()
  }

  /** Shared by who comes while Redis is busy answering others. */
  #confirmTogether(): Promise<void> {
    return new Promise((resolve, reject) => {
      setImmediate(() => {
        this.#barrier = undefined
        this.#confirm().then(resolve, reject)
      })
    })
  }

  #confirm(): Promise<void> {
    this.#asking++
    return new Promise((resolve, reject) => {
      const passed = (): void => (this.#invalidated.length === 0 ? resolve() : void setImmediate(resolve))
      this.#call(this.#options.budget, link => link.confirm())
        .finally(() => this.#asking--)
        .then(passed, reject)
    })
  }

  #enqueue(pending: PendingRead): void {
    if (!this.#batches.at(-1)?.add(pending)) {
      const batch = new RedisBatch()
      batch.add(pending)
      // Nobody to share with: who comes next is collected while Redis answers this one.
      if (this.#asking === 0 && this.#batches.length === 0) return this.#ask(batch)
      if (this.#batches.push(batch) === 1) setImmediate(() => this.#flush())
    }
    // Redis answers these while the next are being collected.
    if (this.#batches.at(-1)?.isFull) this.#flush()
  }

  #flush(): void {
    for (const batch of this.#batches.splice(0)) this.#ask(batch)
  }

  /** A read alone by the script, which settles it in one round trip; several first without it, see {@link RedisLink.readPlainly}. */
  #ask(batch: RedisBatch): void {
    const { clock, budget } = this.#options
    if (batch.size === 1) return this.#askScript(batch, budget)
    const giveUp = clock.now() + budget
    this.#asking++
    this.#call(budget, link => batch.readPlainly(link))
      .finally(() => this.#asking--)
      .then(reply => {
        const rest = batch.resolveHits(reply)
        if (rest !== undefined) this.#askScript(rest, giveUp - clock.now())
      })
      .catch(error => batch.reject(error))
  }

  #askScript(batch: RedisBatch, budget: number): void {
    const { stampLife, leaseLife } = this.#options
    const lives = { stamp: stampLife, lease: leaseLife }
    this.#asking++
    this.#call(budget, link => link.run('tracking', batch.call(link, lives, randomName())))
      .finally(() => this.#asking--)
      .then(reply => this.#answer(batch, reply))
      .catch(error => batch.reject(error))
  }

  #answer(batch: RedisBatch, reply: unknown): void {
    const strange = batch.resolve(reply)
    // What is none of ours would never be a hit: make room for a stamp.
    if (strange.length > 0) this.touch(strange).catch(nothing)
  }

  async #change(
    tags: readonly string[],
    mark: RemoteMark | undefined,
    { script, budget }: { script: ScriptCall['script']; budget: number },
  ): Promise<void> {
    const tables = mark?.tables ?? []
    if (tags.length + tables.length === 0) return
    this.#check([...tags, ...tables.map(({ name }) => name)])
    const call = (link: RedisLink, piece: readonly string[], index: number): ScriptCall => {
      if (mark === undefined) return tagCall(link, script, piece)
      return markCall(link, { ...mark, tags: piece, tables: index === 0 ? tables : [] }, script)
    }
    const parts = pieces(tags)
    await this.#call(budget, link =>
      again(link, this.#session, () =>
        Promise.all(parts.map((piece, index) => link.run('commands', call(link, piece, index)))),
      ),
    )
  }

  #script(side: Side, call: (link: RedisLink) => ScriptCall): Promise<unknown> {
    return this.#call(this.#options.budget, link => link.run(side, call(link)))
  }

  /** Runs something on the link within a budget, and tells the session how it went. */
  async #call<T>(budget: number, run: (link: RedisLink) => Promise<T>): Promise<T> {
    const { link } = this.#session
    if (link === undefined) throw this.#unavailable()
    let result: T
    try {
      result = await endIn(run(link), budget, { clock: this.#options.clock, isCall: true })
    } catch (error) {
      const failure = failureOf(error)
      this.#session.failed(link, failure)
      throw unavailable(failure.message, failure)
    }
    if (link !== this.#session.link) throw unavailable('what it said became void meanwhile')
    this.#session.succeeded()
    return result
  }

  #check(names: readonly string[]): void {
    if (!this.available) throw this.#unavailable()
    if (!names.every(isName)) throw badName()
  }

  #unavailable(): CacheUnavailableError {
    return unavailable(this.#session.state.reason ?? 'not connected')
  }
}

/** Runs a change; when the server turns out to hold another cache, once more in that one. */
async function again<T>(link: RedisLink, session: RedisSession, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if (failureOf(error).trouble !== 'incarnation') throw error
    await session.doubt(link)
    return run()
  }
}

function isName(name: string): boolean {
  return name.length > 0 && name.length <= LONGEST_NAME
}

function badName(): CacheUnavailableError {
  return unavailable(`a name must have 1 to ${LONGEST_NAME} characters`)
}

function unavailable(reason: string, failure?: RedisFailure): CacheUnavailableError {
  const text = `The cache in Redis gave no answer: ${reason}.`
  const cause = failure === undefined ? {} : { cause: failure }
  return new CacheUnavailableError('HOLDFAST_CACHE_UNAVAILABLE', text, cause)
}

function failureCode(error: unknown): string {
  const { cause } = error as { cause?: unknown }
  return cause instanceof RedisFailure ? cause.code : ''
}
