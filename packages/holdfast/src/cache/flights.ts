import type { BypassReason } from './cache-info.js'
import type { Entry } from './entry.js'
import type { Stamp, Tag } from './tags.js'

/** What a load ended with, for those who joined it. */
export type Landing =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** The load was given up by its caller: somebody else begins again. */
  | { readonly kind: 'again' }
  /** The result cannot be shared: everybody asks for himself. */
  | { readonly kind: 'alone'; readonly reason: BypassReason }
  /** The database answered with an error, which it would give to everybody. */
  | { readonly kind: 'error'; readonly error: unknown }

/** A load under way. */
export interface Flight {
  readonly tags: readonly Tag[]
  readonly stamps: readonly Stamp[]
  readonly landing: Promise<Landing>
}

/**
 * Loads under way, by key and the stamps they began with: nobody joins a load that began before a write he must see,
 * because after that write the stamps are others.
 */
export class Flights {
  readonly #flights = new Map<string, Flight>()

  find(key: string, stamps: readonly Stamp[]): Flight | undefined {
    return this.#flights.get(nameOf(key, stamps))
  }

  /** Registers a load until it lands. */
  start(key: string, flight: Flight): void {
    const name = nameOf(key, flight.stamps)
    this.#flights.set(name, flight)
    void flight.landing.finally(() => this.#flights.delete(name))
  }
}

function nameOf(key: string, stamps: readonly Stamp[]): string {
  return `${key}\n${stamps.join('\n')}`
}
