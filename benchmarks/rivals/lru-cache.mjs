import { LRUCache } from 'lru-cache'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory']

/** With the library's own loader, `fetchMethod`. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString }) {
  const { load, change, end } = openDatabase(connectionString)
  /** @type {LRUCache<number, import('./rival.mjs').Row>} */
  const cache = new LRUCache({ max: 10_000, ttl: TTL_SECONDS * 1_000, fetchMethod: load })
  return {
    read: id => cache.fetch(id),
    write: async id => {
      const version = await change(id)
      cache.delete(id)
      return version
    },
    close: end,
  }
}
