/**
 * @typedef {'holdfast' | 'pg'} PoolName
 * @typedef {{ connectionString: string, max: number, idleTimeoutMillis?: number, cache?: object }} Options what both understand alike; `cache` is for ours alone
 */

/** Loaded when used, so that a process which measures one contender holds no code of the other. */
const POOLS = {
  holdfast: async () => (await import('holdfast')).Pool,
  pg: async () => (await import('pg')).default.Pool,
}

/**
 * @param {PoolName} name
 * @param {Options} options
 * @returns {Promise<import('pg').Pool>}
 */
export async function createPool(name, options) {
  const Pool = await POOLS[name]()
  return new Pool(options)
}
