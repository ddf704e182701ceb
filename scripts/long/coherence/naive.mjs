import { createClient } from '@redis/client'

/**
 * Cache-aside as it is usually written: what is not in Redis is read from the database and put there; after a commit
 * the keys of what was written are deleted.
 */

/** Seconds. */
const TTL = 300

/** @typedef {import('@holdfast/testkit').Change} Change */

/**
 * Which keys a change of a row makes outdated, by table.
 *
 * @type {Record<string, (id: string, group: string) => string[]>}
 */
const KEYS = {
  item: (id, group) => [
    `item by id:[${id}]`,
    ...['item by name', 'item with owner'].map(name => `${name}:["item-${id}"]`),
    `items by owner:[${group}]`,
    `item with parts:[${id}]`,
    ...['all items', 'items aggregated', 'columns of items'].map(name => `${name}:[]`),
  ],
  part: (_id, group) => [`parts by item:[${group}]`, `item with parts:[${group}]`, 'all parts:[]'],
  owner: id => [`owner by id:[${id}]`, 'sum of owners:[]'],
  total: id => [`total by id:[${id}]`],
  order: id => [`order by id:[${id}]`],
  metric: (id, group) => [`metric by id:[${id}]`, `metrics by region:["${group}"]`, `metrics in ${group}:[]`],
  note: id => [`note by id:[${id}]`, 'all notes:[]'],
}

/**
 * @param {import('./subjects.mjs').OwnedSubject} database
 * @param {{ redisUrl?: string }} setup
 * @returns {Promise<import('./subjects.mjs').OwnedSubject>}
 */
export async function naiveSubject(database, { redisUrl }) {
  const redis = createClient({ url: /** @type {string} */ (redisUrl), disableOfflineQueue: true })
  redis.on('error', () => undefined)
  await redis.connect()
  return {
    ...database,
    async read(statement, key) {
      const full = statement.rowMode === undefined ? key : `${key}:array`
      const kept = await redis.get(full).catch(() => null)
      if (kept !== null) return { ...JSON.parse(kept), cache: { status: 'hit', tier: 'redis' } }
      const { rows, fields } = await database.query(statement)
      const value = { rows, fields: fields.map(({ name }) => ({ name })) }
      await redis.set(full, JSON.stringify(value), { EX: TTL }).catch(() => undefined)
      return { ...value, cache: { status: 'miss' } }
    },
    async written(changes) {
      const keys = changes.flatMap(keysOf)
      if (keys.length > 0) await redis.del(keys).catch(() => undefined)
    },
    async end() {
      redis.destroy()
      await database.end()
    },
  }
}

/** @param {Change} change */
function keysOf({ register, group }) {
  const [table, id] = register.split(':')
  const keys =
    KEYS[/** @type {string} */ (table)]?.(/** @type {string} */ (id), group?.split(':')[1] ?? '') ?? []
  return keys.flatMap(key => [key, `${key}:array`])
}
