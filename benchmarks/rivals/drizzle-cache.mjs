import { createClient } from '@redis/client'
import { getTableName, is, Table } from 'drizzle-orm'
import { Cache } from 'drizzle-orm/cache/core'
import { Keyv } from 'keyv'
import { TTL_SECONDS } from '../cache/data.mjs'

/**
 * Drizzle brings a cache for one hosted service and documents how to write another. In process this is the one of its
 * documentation, on Keyv. In Redis the keys are laid out as in the one it brings: a hash of results for each set of
 * tables, and for each table the hashes that a write to it deletes.
 *
 * @param {string | undefined} redis
 * @returns {Promise<{ cache: Cache, close(): Promise<void> }>}
 */
export async function openDrizzleCache(redis) {
  if (redis === undefined) return { cache: new MemoryCache(), close: async () => undefined }
  const client = createClient({ url: redis })
  await client.connect()
  return { cache: new RedisCache(client), close: async () => client.destroy() }
}

class MemoryCache extends Cache {
  #keyv = new Keyv({ ttl: TTL_SECONDS * 1_000 })
  /** @type {Map<string, Set<string>>} */
  #keysOf = new Map()

  /** @returns {'all'} */
  strategy() {
    return 'all'
  }

  /** @param {string} key */
  get(key) {
    return this.#keyv.get(key)
  }

  /** @param {string} key @param {unknown} rows @param {string[]} tables */
  async put(key, rows, tables) {
    await this.#keyv.set(key, rows)
    for (const table of tables) this.#keysOf.set(table, (this.#keysOf.get(table) ?? new Set()).add(key))
  }

  /** @param {import('drizzle-orm/cache/core').MutationOption} change */
  async onMutate(change) {
    for (const table of tablesOf(change)) {
      await this.#keyv.deleteMany([...(this.#keysOf.get(table) ?? [])])
      this.#keysOf.delete(table)
    }
  }
}

class RedisCache extends Cache {
  #client
  /** @param {ReturnType<typeof createClient>} client */
  constructor(client) {
    super()
    this.#client = client
  }

  /** @returns {'all'} */
  strategy() {
    return 'all'
  }

  /** @param {string} key @param {string[]} tables */
  async get(key, tables) {
    const kept = await this.#client.hGet(hashOf(tables), key)
    return kept ? JSON.parse(kept) : undefined
  }

  /** @param {string} key @param {unknown} rows @param {string[]} tables */
  async put(key, rows, tables) {
    const hash = hashOf(tables)
    const commands = this.#client.multi().hSet(hash, key, JSON.stringify(rows)).expire(hash, TTL_SECONDS)
    for (const table of tables) commands.sAdd(setOf(table), hash)
    await commands.execAsPipeline()
  }

  /** @param {import('drizzle-orm/cache/core').MutationOption} change */
  async onMutate(change) {
    const sets = tablesOf(change).map(setOf)
    const hashes = await this.#client.sUnion(sets)
    await this.#client.del([...hashes, ...sets])
  }
}

/** @param {string[]} tables */
function hashOf(tables) {
  return `drizzle:results:${[...tables].sort().join(',')}`
}

/** @param {string} table */
function setOf(table) {
  return `drizzle:table:${table}`
}

/** @param {import('drizzle-orm/cache/core').MutationOption} change @returns {string[]} */
function tablesOf({ tables = [] }) {
  return [tables].flat().map(table => (is(table, Table) ? getTableName(table) : String(table)))
}
