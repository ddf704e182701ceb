import type { RawCapture, Result } from '../base/execute.js'
import type { Warn } from '../base/warning.js'
import type { CachedRead } from './cached-read.js'
import type { Entry } from './entry.js'
import type { RawField, RawResult } from './raw-result.js'
import { Reader, type ReaderParts } from './reader.js'
import { isSameResult } from './same-result.js'

/** What comparing takes besides what reading takes. */
export interface ShadowParts extends ReaderParts {
  readonly warn: Warn
  /** Destroys stamps, here and in Redis. */
  readonly touch: (names: readonly string[]) => Promise<void>
}

/** A warning shows so many characters of a statement. */
const LONGEST_TEXT = 1_000

/** The reader that the settings ask for; one that compares nothing has no part in any of this. */
export function readerFor(parts: ShadowParts): Reader {
  return parts.settings.shadowReads > 0 ? new ShadowReader(parts) : new Reader(parts)
}

/**
 * How many hits further the next one is that is compared: each hit is with the same probability.
 *
 * @param random in (0, 1]
 */
export function hitsUntilNext(share: number, random: number): number {
  return share >= 1 ? 1 : 1 + Math.floor(Math.log(random) / Math.log1p(-share))
}

/**
 * Compares a share of the hits with what the database answers at that time, in the background and one after the other.
 * A difference is reported when nothing explains it: no write that was marked before it became visible.
 */
class ShadowReader extends Reader {
  readonly #shadow: ShadowParts
  /** Hits until the next one that is compared, that one included. */
  #left: number
  #isComparing = false

  constructor(parts: ShadowParts) {
    super(parts)
    this.#shadow = parts
    this.#left = this.#draw()
  }

  /** A hit that is to be compared goes the long way, where its query is known. */
  override find(key: string, now: number): Entry | undefined {
    if (this.#left <= 1 && !this.#isComparing) return undefined
    const entry = super.find(key, now)
    if (entry !== undefined) this.#left--
    return entry
  }

  override async read(read: CachedRead): Promise<Result> {
    const result = await super.read(read)
    if (result.cache?.status === 'hit' && this.#isNext()) void this.#compare(read)
    return result
  }

  #isNext(): boolean {
    this.#left--
    if (this.#left > 0 || this.#isComparing) return false
    this.#left = this.#draw()
    return true
  }

  #draw(): number {
    const { settings, random } = this.#shadow
    return hitsUntilNext(settings.shadowReads, 1 - random())
  }

  async #compare(read: CachedRead): Promise<void> {
    const { memory, clock, tags, counters } = this.#shadow
    const entry = isComparable(read) ? memory.get(read.key, clock.now()) : undefined
    if (entry === undefined) return
    this.#isComparing = true
    // Nobody would tell a tag of a change that nobody holds.
    tags.retain(entry.tags)
    const answer = await this.#ask(read)
    if (answer !== undefined) {
      const isWrong = !isSameResult(entry.raw, answer) && (await this.#isUnexplained(entry))
      counters.compared++
      if (isWrong) this.#report(read, entry)
    }
    tags.letGo(entry.tags)
    this.#isComparing = false
  }

  /** What the database answers now; `undefined` when it does not, or does so in a session of another kind. */
  async #ask({ request }: CachedRead): Promise<Pick<RawResult, 'fields' | 'rows'> | undefined> {
    const { load, session } = this.#shadow
    const capture: RawCapture = { fields: [], rows: [], session: '' }
    const isAnswered = await load({ ...request, signal: undefined, trace: undefined, capture }).then(
      () => true,
      () => false,
    )
    if (!isAnswered || capture.fields.length === 0 || capture.session !== session()) return undefined
    return { fields: capture.fields as RawField[], rows: capture.rows }
  }

  /** Whether an entry would still be served: a write that became visible in between has destroyed a stamp before. */
  async #isUnexplained(entry: Entry): Promise<boolean> {
    const { shared, clock } = this.#shadow
    // What other processes have marked has reached the tags when the barrier has passed.
    if (shared !== undefined && (await shared.barrier()) === undefined) return false
    return entry.current && clock.now() < entry.times.expiresAt
  }

  /** What is known to be wrong is not served again. */
  #report({ text, dependencies }: CachedRead, entry: Entry): void {
    const { counters, warn, touch } = this.#shadow
    counters.incoherent++
    const names = entry.tags.map(({ name }) => name)
    const tables = new Set(dependencies.map(({ table }) => `${table.schema}.${table.name}`))
    const shown = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text
    const message =
      `A kept result differs from what the database answers, although no write has touched its tags (${names.join(', ')}): ` +
      `somebody changes ${[...tables].join(', ')} past the cache. The result is thrown away. Statement: ${shown}`
    warn({ code: 'cache-incoherent', message })
    void touch(names).catch(() => undefined)
  }
}

/** A read by `ttl` may be outdated, and what depends on more than tables may differ from one moment to the next. */
function isComparable({ consistency, request }: CachedRead): boolean {
  const { dependsOn } = (request.cache ?? {}) as { dependsOn?: unknown }
  return consistency !== 'ttl' && dependsOn === undefined
}
