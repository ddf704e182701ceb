import type { Execute, RawCapture, Result } from '../base/execute.js'
import type { CachedRead } from './cached-read.js'
import { materializeOnce } from './materializer.js'
import type { RawField, RawResult } from './raw-result.js'

/** What a shared query ended with, for those who only came along; `undefined`: each asks for himself. */
type Arrival = { readonly raw: RawResult } | { readonly error: unknown } | undefined

/**
 * Sends equal reads that go past the cache at the same moment as one query: a hot row while it is written, a crowd that
 * Redis has not answered. Nobody joins a query that has been sent, so that everybody sees what was visible when he came.
 */
export class Departures {
  readonly #load: Execute
  /** Queries that have not been sent yet. */
  readonly #waiting = new Map<string, Promise<Arrival>>()

  constructor(load: Execute) {
    this.#load = load
  }

  /** Whether an equal read is about to be sent. */
  has({ key }: CachedRead): boolean {
    return this.#waiting.has(key)
  }

  /** The database's answer to a read; sent at the end of this turn of the event loop. */
  async take(read: CachedRead): Promise<Result> {
    const leader = this.#waiting.get(read.key)
    if (leader === undefined) return this.#lead(read)
    const arrival = await leader
    if (arrival === undefined) return this.#load(read.request)
    if ('error' in arrival) throw arrival.error
    return materializeOnce(arrival.raw, read.shape)
  }

  async #lead(read: CachedRead): Promise<Result> {
    let arrive: (arrival: Arrival) => void = () => undefined
    this.#waiting.set(
      read.key,
      new Promise<Arrival>(resolve => {
        arrive = resolve
      }),
    )
    await new Promise(resolve => setImmediate(resolve))
    this.#waiting.delete(read.key)
    const capture: RawCapture = { fields: [], rows: [], session: '' }
    try {
      const result = await this.#load({ ...read.request, capture })
      arrive(rawOf(result, capture))
      return result
    } catch (error) {
      const { severity, code } = error as { severity?: string; code?: string }
      // What the server says to the statement it would say to everybody; the rest is the leader's own trouble.
      arrive(severity === 'ERROR' && code !== '57014' ? { error } : undefined)
      throw error
    }
  }
}

function rawOf(result: Result, { fields, rows }: RawCapture): Arrival {
  if (Array.isArray(result) || fields.length === 0) return undefined
  const { command, rowCount } = result
  return { raw: { command, rowCount, fields: fields as RawField[], rows } }
}
