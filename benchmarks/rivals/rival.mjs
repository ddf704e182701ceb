/**
 * What the benchmark sees of a contender: reading a row by its key through the cache, and changing it with what the
 * contender's documentation says is to be done after a write.
 *
 * @typedef {import('../cache/data.mjs').Row} Row
 * @typedef {'memory' | 'redis' | 'both'} Tier where entries are kept
 * @typedef {{ connectionString: string, redis: string, tier: Tier }} Setup
 * @typedef {object} Session
 * @property {(id: number) => Promise<unknown>} read called as an application calls it, with nothing around it
 * @property {(answer: any) => Row} [rowOf] the row in what `read` gave. Default: it is the row
 * @property {(id: number) => Promise<number>} write resolves with the new version when an application would go on
 * @property {() => Promise<void>} close
 * @typedef {object} Rival
 * @property {readonly Tier[]} tiers those it can be set up with
 * @property {Tier} [shared] the tier its documentation recommends for several processes. Absent: none
 * @property {(setup: Setup) => Promise<Session>} open
 */

/** Loaded when used, so that a process which measures one contender holds no code of the others. */
const RIVALS = {
  holdfast: () => import('./holdfast.mjs'),
  none: () => import('./none.mjs'),
  Map: () => import('./map.mjs'),
  'lru-cache': () => import('./lru-cache.mjs'),
  'layered-loader': () => import('./layered-loader.mjs'),
  'async-cache-dedupe': () => import('./async-cache-dedupe.mjs'),
  bentocache: () => import('./bentocache.mjs'),
  'bentocache by reference': () => import('./bentocache-by-reference.mjs'),
  cacheable: () => import('./cacheable.mjs'),
  keyv: () => import('./keyv.mjs'),
  'cache-manager': () => import('./cachemanager.mjs'),
  drizzle: () => import('./drizzle.mjs'),
}

/** @typedef {keyof typeof RIVALS} RivalName */

export const OURS = 'holdfast'
export const RIVAL_NAMES = /** @type {RivalName[]} */ (Object.keys(RIVALS))

/**
 * @param {RivalName} name
 * @returns {Promise<Rival>}
 */
export async function loadRival(name) {
  return RIVALS[name]()
}
