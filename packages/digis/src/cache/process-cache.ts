import { type ClosableCache, DEFAULT_TTL_SECONDS, keepable } from './cache-access.js'

/** Bytes that keys and values may take together, as UTF-16; the least recently used go first. */
const MAX_BYTES = 16 * 1024 * 1024
/** What an entry takes besides its texts, roughly. */
const ENTRY_BYTES = 200

interface Kept {
  readonly text: string
  readonly expiresAt: number
}

/**
 * An application's cache in this process. Values are kept as JSON: what comes out is nobody else's, and the same as
 * Redis would give.
 *
 * @param now milliseconds; default: the process's clock
 */
export function processCache({ maxBytes = MAX_BYTES, now = () => performance.now() } = {}): ClosableCache {
  const kept = new Map<string, Kept>()
  let bytes = 0

  function remove(key: string): void {
    const found = kept.get(key)
    if (found !== undefined) bytes -= sizeOf(key, found)
    kept.delete(key)
  }

  function add(key: string, value: Kept): void {
    remove(key)
    kept.set(key, value)
    bytes += sizeOf(key, value)
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) break
      remove(oldest)
    }
  }

  return {
    async get(key) {
      const found = kept.get(key)
      if (found === undefined) return null
      // Put behind all others it is the last to go, unless its time is over.
      if (now() < found.expiresAt) add(key, found)
      else remove(key)
      return kept.has(key) ? JSON.parse(found.text) : null
    },
    async set(key, value, ttl = DEFAULT_TTL_SECONDS) {
      const wanted = keepable(value, ttl)
      if (wanted === undefined || typeof key !== 'string') return false
      add(key, { text: wanted.text, expiresAt: now() + wanted.millis })
      return kept.has(key)
    },
    async delete(key) {
      remove(key)
      return true
    },
    client: null,
    close: () => kept.clear(),
  }
}

function sizeOf(key: string, { text }: Kept): number {
  return 2 * (key.length + text.length) + ENTRY_BYTES
}
