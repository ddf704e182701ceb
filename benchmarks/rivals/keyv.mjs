import KeyvRedis from '@keyv/redis'
import { Keyv } from 'keyv'
import { TTL_SECONDS } from '../cache/data.mjs'
import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'redis']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'redis'

/** A store and no more: get, else load and set; delete after a write. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString, redis, tier }) {
  const { load, change, end } = openDatabase(connectionString)
  const keyv = new Keyv({
    ...(tier === 'redis' && { store: new KeyvRedis(redis) }),
    namespace: 'keyv',
    ttl: TTL_SECONDS * 1_000,
  })
  return {
    read: async id => {
      const key = `wide:${id}`
      const kept = await keyv.get(key)
      if (kept !== undefined) return kept
      const row = await load(id)
      await keyv.set(key, row)
      return row
    },
    write: async id => {
      const version = await change(id)
      await keyv.delete(`wide:${id}`)
      return version
    },
    close: async () => {
      await Promise.all([end(), keyv.disconnect()])
    },
  }
}
