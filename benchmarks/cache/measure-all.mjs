import { withBench } from './bench.mjs'
import { measureCoherence } from './coherence.mjs'
import { measureMemoryHits } from './memory-hits.mjs'
import { measureMisses } from './misses.mjs'
import { measureOptedOut } from './opted-out.mjs'
import { measureRedisHits } from './redis-hits.mjs'
import { measureWrites } from './writes.mjs'

/**
 * @typedef {object} Measurements
 * @property {import('./memory-hits.mjs').MemoryHits[]} memoryHits
 * @property {import('./redis-hits.mjs').RedisHitsResult} redisHits
 * @property {import('./misses.mjs').Misses} misses
 * @property {import('./writes.mjs').Writes[]} writes
 * @property {import('./opted-out.mjs').OptedOut} optedOut
 * @property {import('./coherence.mjs').Coherence[]} coherence
 */

/**
 * One measurement after the other, so that none is in another's way.
 *
 * @param {import('./bench.mjs').Pace} pace
 * @returns {Promise<Measurements>}
 */
export function measureAll(pace) {
  return withBench(pace, async bench => ({
    memoryHits: await told('hits in memory', measureMemoryHits(bench)),
    redisHits: await told('hits in Redis', measureRedisHits(bench)),
    misses: await told('misses', measureMisses(bench)),
    writes: await told('writes', measureWrites(bench)),
    optedOut: await told('tables not opted in', measureOptedOut(bench)),
    coherence: await told('coherence', measureCoherence(bench)),
  }))
}

/**
 * Says on standard error what has been measured: the whole takes minutes.
 *
 * @template T
 * @param {string} what
 * @param {Promise<T>} measuring
 */
async function told(what, measuring) {
  const start = performance.now()
  const result = await measuring
  console.error(`Measured ${what} in ${((performance.now() - start) / 1_000).toFixed(0)} s.`)
  return result
}
