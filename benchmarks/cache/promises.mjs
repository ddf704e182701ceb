import { OURS } from '../rivals/rival.mjs'

/**
 * @typedef {import('./measure-all.mjs').Measurements} Measurements
 * @typedef {{ promise: string, measured: number, atLeast?: number, atMost?: number, holds: boolean }} Verdict
 */

/** What we promise of the cache. */
export const PROMISES = {
  memoryHitsPerCpuSecond: 1_000_000,
  /** × the fastest peer's hits in Redis. */
  validatedHits: 5,
  redisHits: 1,
  /** × a plain query and a round trip to Redis together. */
  miss: 1.1,
  /** More than the plain write's. */
  writeRoundTrips: 2,
  /** × the queries per second of a pool without cache. */
  optedOut: 0.97,
  staleReads: 0,
  staleRows: 0,
  loadsOfOneProcess: 1,
  loadsOfFour: 2,
}

/**
 * Holds what was measured against what is promised: first what times say, then what counts say.
 *
 * @param {Measurements} measured
 * @returns {{ timed: Verdict[], counted: Verdict[] }}
 */
export function judge(measured) {
  return { timed: judgeTimes(measured), counted: judgeCounts(measured) }
}

/** @param {Measurements} measured @returns {Verdict[]} */
function judgeTimes({ memoryHits, redisHits, misses, optedOut }) {
  const inMemory = byLabel(memoryHits, OURS).perCpuSecond
  return [
    atLeast('hits in memory per second of one core', inMemory, PROMISES.memoryHitsPerCpuSecond),
    atLeast('hits confirmed by Redis, × the fastest peer', redisHits.validated.ratio, PROMISES.validatedHits),
    atLeast('hits in Redis, × the fastest peer', redisHits.plain.ratio, PROMISES.redisHits),
    atMost('a miss, × query and ping', misses.ratio, PROMISES.miss),
    atLeast('queries on a table not opted in, × without cache', optedOut.ratio, PROMISES.optedOut),
  ]
}

/** @param {Measurements} measured @returns {Verdict[]} */
function judgeCounts({ writes, coherence }) {
  const ours = byLabel(coherence, OURS)
  const roundTrips = byLabel(writes, OURS).roundTrips - byLabel(writes, 'none').roundTrips
  return [
    atMost('round trips that a write has more', roundTrips, PROMISES.writeRoundTrips),
    atMost('stale reads', ours.stale, PROMISES.staleReads),
    atMost('rows left stale by a race', ours.race.stale, PROMISES.staleRows),
    atMost('loads of 200 callers in one process', ours.stampede.one, PROMISES.loadsOfOneProcess),
    atMost('loads of 500 callers in four processes', ours.stampede.four, PROMISES.loadsOfFour),
  ]
}

/** @param {Verdict} verdict @returns {string} the promise with what was measured and what was promised */
export function describe({ promise, measured, atLeast: least, atMost: most }) {
  const promised = least === undefined ? `at most ${number(most ?? 0)}` : `at least ${number(least)}`
  return `${promise}: ${number(measured)} (${promised})`
}

/** @param {number} value */
export function number(value) {
  return Number.isInteger(value) || value >= 1_000
    ? Math.round(value).toLocaleString('en')
    : value.toFixed(value < 10 ? 3 : 1)
}

/**
 * @template {{ label: string }} T
 * @param {readonly T[]} rows
 * @param {string} label
 * @returns {T}
 */
function byLabel(rows, label) {
  const row = rows.find(each => each.label === label)
  if (row === undefined) throw new Error(`Nothing was measured for ${label}.`)
  return row
}

/** @param {string} promise @param {number} measured @param {number} limit @returns {Verdict} */
function atLeast(promise, measured, limit) {
  return { promise, measured, atLeast: limit, holds: measured >= limit }
}

/** @param {string} promise @param {number} measured @param {number} limit @returns {Verdict} */
function atMost(promise, measured, limit) {
  return { promise, measured, atMost: limit, holds: measured <= limit }
}
