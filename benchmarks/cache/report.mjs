import { table } from '../table.mjs'
import { describe, number } from './promises.mjs'
import { CONCURRENCY } from './redis-hits.mjs'

/** @typedef {import('./measure-all.mjs').Measurements} Measurements */

const NOTHING = '–'

/**
 * The table for people: a line per contender, then the measurements of ours alone, then the promises.
 *
 * @param {Measurements} measured
 * @param {import('./promises.mjs').Verdict[]} verdicts
 */
export function asText(measured, verdicts) {
  return [
    table(labelsOf(measured).map(label => lineOf(label, measured))),
    '',
    "own copies: callers cannot change each other's rows; types: a hit has Dates where a miss has them.",
    `memory: one caller, one awaited read after the other; per second of processor time. Redis: ${CONCURRENCY} callers; CPU per hit.`,
    'stale: reads that began after the acknowledgement of a write that they do not show.',
    'raced: rows that stay stale after a write during a load. stampede: loads for 200 callers in 1 process, 500 in 4.',
    '',
    ...oursAlone(measured),
    '',
    ...verdicts.map(verdict => `${verdict.holds ? 'holds ' : 'BROKEN'}  ${describe(verdict)}`),
  ].join('\n')
}

/** @param {Measurements} measured */
function labelsOf({ memoryHits, redisHits }) {
  return [...new Set([...memoryHits, ...redisHits.contenders].map(({ label }) => label))]
}

/** @param {string} label @param {Measurements} measured */
function lineOf(label, { memoryHits, redisHits, writes, coherence }) {
  const memory = memoryHits.find(row => row.label === label)
  const redis = redisHits.contenders.find(row => row.label === label)
  const write = writes.find(row => row.label === label)
  const seen = coherence.find(row => row.label === label)
  return {
    contender: label,
    'memory hits/s': memory && label !== 'none' ? number(memory.perCpuSecond) : NOTHING,
    'p99 µs': memory ? memory.p99.toFixed(1) : NOTHING,
    'own copies': memory ? yes(memory.isolates) : NOTHING,
    types: memory ? yes(memory.keepsTypes) : NOTHING,
    'Redis hits/s': redis ? number(redis.perSecond) : NOTHING,
    'CPU µs': redis ? redis.cpuMicros.toFixed(1) : NOTHING,
    'p99 ms': redis ? redis.p99.toFixed(2) : NOTHING,
    'write ms': write ? write.millis.toFixed(2) : NOTHING,
    'round trips': write ? String(write.roundTrips) : NOTHING,
    'stale of reads': seen ? `${number(seen.stale)} of ${number(seen.reads)}` : NOTHING,
    'oldest ms': seen && seen.stale > 0 ? seen.oldest.toFixed(0) : NOTHING,
    'raced stale': seen ? `${seen.race.stale} of ${seen.race.raced}` : NOTHING,
    'stampede 1 / 4': seen ? `${seen.stampede.one} / ${seen.stampede.four}` : NOTHING,
  }
}

/** @param {Measurements} measured @returns {string[]} */
function oursAlone({ redisHits, misses, optedOut }) {
  const { validated, plain, fastestPeer } = redisHits
  const { miss, plain: query, ping, ratio, spread, kept } = misses
  return [
    `Fastest peer in Redis: ${fastestPeer}. Ours confirmed by Redis × ${spreadOf(validated)}, from Redis × ${spreadOf(plain)}.`,
    `Miss ${miss.toFixed(3)} ms; plain query ${query.toFixed(3)} ms and ping ${ping.toFixed(3)} ms: × ${spreadOf({ ratio, spread })}; ${Math.round(kept * 100)} % of the misses were kept.`,
    `Table not opted in: ${number(optedOut.withCache)} queries/s with cache, ${number(optedOut.without)} without: × ${spreadOf(optedOut)}.`,
  ]
}

/** @param {{ ratio: number, spread: [number, number] }} ratio */
function spreadOf({ ratio, spread: [least, most] }) {
  return `${ratio.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`
}

/** @param {boolean} value */
function yes(value) {
  return value ? 'yes' : 'no'
}
