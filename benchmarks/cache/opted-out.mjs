import { pairedRatio } from '../measure/statistics.mjs'
import { runRound, warmUp } from '../measure/throughput.mjs'
import { createPool } from '../pools.mjs'
import { POOL_OPTIONS } from '../rivals/database.mjs'
import { connected } from '../rivals/holdfast.mjs'
import { READ_UNCACHED } from './data.mjs'

/** @typedef {{ ratio: number, spread: [number, number], withCache: number, without: number }} OptedOut queries per second */

const CONCURRENCY = 16

/**
 * What a pool with a cache costs the queries that the cache does not know: our pool with one against our pool without.
 *
 * @param {import('./bench.mjs').Bench} bench
 * @returns {Promise<OptedOut>}
 */
export async function measureOptedOut({ pace, urls }) {
  const { connectionString, redis } = urls
  const options = { connectionString, ...POOL_OPTIONS }
  const pools = {
    ours: await createPool('holdfast', { ...options, cache: { tables: { wide: '5m' }, redis } }),
    theirs: await createPool('holdfast', options),
  }
  await connected(/** @type {any} */ (pools.ours))
  const tasks = { ours: oneRow(pools.ours), theirs: oneRow(pools.theirs) }
  for (const task of [tasks.ours, tasks.theirs])
    await warmUp(task, { concurrency: CONCURRENCY, millis: pace.warmUpMillis })
  const pairs = []
  while (pairs.length < pace.rounds) {
    const { ours, theirs } = await runRound(tasks, { concurrency: CONCURRENCY, millis: 2 * pace.sliceMillis })
    pairs.push({ ours: ours.perSecond, theirs: theirs.perSecond })
  }
  await Promise.all([pools.ours.end(), pools.theirs.end()])
  return { ...pairedRatio(pairs), ...averages(pairs) }
}

/** @param {import('pg').Pool} pool */
function oneRow(pool) {
  return () => pool.query(READ_UNCACHED, [1 + Math.floor(Math.random() * 10_000)])
}

/** @param {{ ours: number, theirs: number }[]} pairs */
function averages(pairs) {
  const sum = pairs.reduce((a, b) => ({ ours: a.ours + b.ours, theirs: a.theirs + b.theirs }))
  return { withCache: sum.ours / pairs.length, without: sum.theirs / pairs.length }
}
