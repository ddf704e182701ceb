import type { RemoteAnswer, RemoteRead } from './ports.js'
import type { PlainReply, RedisLink, ScriptCall } from './redis-link.js'
import { READ } from './redis-scripts.js'
import { isUnder, stampsOf } from './stored-value.js'

/**
 * Bounds of one batch, and so of the work of one script. A tag's place has to fit into a character of ASCII: then the
 * whole call is one text, which is written at once.
 */
const MAX_TAGS = 120
const MAX_READS = 32
/** Tags of one read. */
export const MAX_TAGS_PER_READ = 100

const WITH_LEASE = 'l'
const WITHOUT_LEASE = '-'
const CURRENT = 'c'.charCodeAt(0)
const TAKEN = 't'.charCodeAt(0)
const HELD = 'h'.charCodeAt(0)

/** What a stamp made by a script looks like; anything else was written by somebody else. */
const STAMP = /^[\w.:-]{16,300}$/

/** A read and who waits for it. */
export interface PendingRead {
  readonly read: RemoteRead
  resolve(answer: RemoteAnswer): void
  reject(error: Error): void
}

/** Milliseconds that stamps and leases live. */
export interface Lives {
  readonly stamp: number
  readonly lease: number
}

/** The answer of the read script. */
type ReadReply = readonly [readonly (Buffer | null)[], Buffer, readonly (Buffer | null)[]]

/** Reads of one tick: each tag is asked for once. */
export class RedisBatch {
  readonly #pending: PendingRead[] = []
  readonly #tags = new Map<string, number>()
  readonly #schemas = new Map<number, string>()
  /** The places of the tags of all reads, one read after the other. */
  readonly #places: number[] = []

  get isFull(): boolean {
    return this.#pending.length >= MAX_READS
  }

  get size(): number {
    return this.#pending.length
  }

  /** Takes a read in. @returns false when the batch is full; then it is unchanged */
  add(pending: PendingRead): boolean {
    const { tags } = pending.read
    if (this.isFull || this.#tags.size + tags.length > MAX_TAGS) return false
    this.#pending.push(pending)
    for (const { name, schema } of tags) this.#places.push(this.#place(name, schema))
    return true
  }

  /** Asks without the script. */
  readPlainly(link: RedisLink): Promise<PlainReply> {
    return link.readPlainly(this.#valueKeys(link), this.#tagKeys(link))
  }

  /**
   * Answers every read whose value is there under the current stamps.
   *
   * @returns the others, for the script; `undefined` when there are none
   */
  resolveHits({ values, stamps }: PlainReply): RedisBatch | undefined {
    let rest: RedisBatch | undefined
    let from = 0
    for (const [index, pending] of this.#pending.entries()) {
      const own = stampsAt(this.#places, { from, count: pending.read.tags.length }, stamps)
      from += pending.read.tags.length
      const value = values[index]
      if (value && own !== undefined && isUnder(value, own)) {
        pending.resolve({ stamps: own, value, lease: 'none' })
        continue
      }
      rest ??= new RedisBatch()
      rest.add(pending)
    }
    return rest
  }

  /** The call of the read script. @param random text that no batch had before */
  call(link: RedisLink, { stamp, lease }: Lives, random: string): ScriptCall {
    const keys = [...this.#tagKeys(link), ...this.#valueKeys(link)]
    const args = [String(this.#tags.size), random, String(stamp), String(lease), this.#reads()]
    for (const [place, schema] of this.#schemas) args.push(String(place), schema)
    return { script: READ, keys, args }
  }

  /**
   * Answers every read.
   *
   * @returns tags whose stamp is none of ours: they are answered as marked, and should be destroyed
   */
  resolve(reply: unknown): readonly string[] {
    const [values, states, stamps] = reply as ReadReply
    const strange: string[] = []
    let from = 0
    for (const [index, { read, resolve }] of this.#pending.entries()) {
      const value = values[index] ?? undefined
      const state = states[index]
      if (state === CURRENT && value !== undefined) {
        resolve({ stamps: stampsOf(value), value, lease: 'none' })
        continue
      }
      const own = stamps.slice(from, from + read.tags.length).map(stampIn)
      from += read.tags.length
      for (const [tag, stamp] of own.entries()) if (stamp === null) strange.push(read.tags[tag]?.name ?? '')
      resolve({ stamps: own.map(stamp => stamp ?? undefined), value, lease: leaseOf(state) })
    }
    return strange
  }

  reject(error: Error): void {
    for (const { reject } of this.#pending) reject(error)
  }

  #tagKeys(link: RedisLink): string[] {
    return Array.from(this.#tags.keys(), tag => link.tagKey(tag))
  }

  #valueKeys(link: RedisLink): string[] {
    return this.#pending.map(({ read }) => link.valueKey(read.key))
  }

  /** The reads as a text, see {@link READ}. */
  #reads(): string {
    let reads = ''
    let from = 0
    for (const { read } of this.#pending) {
      const places = this.#places.slice(from, from + read.tags.length)
      from += places.length
      const lease = read.lease ? WITH_LEASE : WITHOUT_LEASE
      reads += String.fromCharCode(places.length) + lease + String.fromCharCode(...places)
    }
    return reads
  }

  /** The place of a tag, from 1, as Lua counts. */
  #place(name: string, schema: string | undefined): number {
    let place = this.#tags.get(name)
    if (place === undefined) {
      place = this.#tags.size + 1
      this.#tags.set(name, place)
    }
    if (schema !== undefined) this.#schemas.set(place, schema)
    return place
  }
}

/** The stamps at some of the places; `undefined` when one of them is not there. */
function stampsAt(
  places: readonly number[],
  { from, count }: { from: number; count: number },
  stamps: readonly (string | null)[],
): string[] | undefined {
  const own = new Array<string>(count)
  for (let index = 0; index < count; index++) {
    const stamp = stamps[(places[from + index] as number) - 1]
    if (typeof stamp !== 'string') return undefined
    own[index] = stamp
  }
  return own
}

function leaseOf(state: number | undefined): RemoteAnswer['lease'] {
  if (state === TAKEN) return 'taken'
  return state === HELD ? 'held' : 'none'
}

/** `undefined`: marked; `null`: no stamp of ours. */
function stampIn(bytes: Buffer | null | undefined): string | null | undefined {
  if (!bytes) return undefined
  const stamp = bytes.toString('latin1')
  return STAMP.test(stamp) ? stamp : null
}
