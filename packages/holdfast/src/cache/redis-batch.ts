import type { RemoteAnswer, RemoteRead } from './ports.js'
import type { RedisLink, ScriptCall } from './redis-link.js'
import { READ } from './redis-scripts.js'
import { stampsOf } from './stored-value.js'

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
  /** See {@link READ}. */
  #reads = ''

  get isFull(): boolean {
    return this.#pending.length >= MAX_READS
  }

  /** Takes a read in. @returns false when the batch is full; then it is unchanged */
  add(pending: PendingRead): boolean {
    const { tags, lease } = pending.read
    if (this.isFull || this.#tags.size + tags.length > MAX_TAGS) return false
    this.#pending.push(pending)
    let reads = String.fromCharCode(tags.length) + (lease ? WITH_LEASE : WITHOUT_LEASE)
    for (const { name, schema } of tags) reads += String.fromCharCode(this.#place(name, schema))
    this.#reads += reads
    return true
  }

  /** The call of the read script. @param random text that no batch had before */
  call(link: RedisLink, { stamp, lease }: Lives, random: string): ScriptCall {
    const keys: string[] = []
    for (const tag of this.#tags.keys()) keys.push(link.tagKey(tag))
    for (const { read } of this.#pending) keys.push(link.valueKey(read.key))
    const args = [String(this.#tags.size), random, String(stamp), String(lease), this.#reads]
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
