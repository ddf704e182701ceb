/** @typedef {import('./service.mjs').MemorySample} MemorySample */

/** What is used in the first part of a run is not growth: caches fill, code is compiled. */
const WARM_UP = 0.3
/** Below this a slope is noise, in milliseconds. */
const SHORTEST = 90_000
const MIB = 2 ** 20
/** How much may be more at the end of what follows the warm-up: the larger of a part and a number of bytes. */
const ALLOWED = { heap: { part: 0.1, bytes: 8 * MIB }, rss: { part: 0.15, bytes: 32 * MIB } }

/**
 * Whether memory is flat: the growth along the straight line that fits the samples after the warm-up best.
 *
 * @param {readonly MemorySample[]} samples in the order of time
 * @returns {{ judged: boolean, flat: boolean, heap: Trend, rss: Trend }} not `judged`: too short a run to tell
 */
export function judgeMemory(samples) {
  const [first, last] = [samples[0], samples.at(-1)]
  const span = first === undefined || last === undefined ? 0 : last.at - first.at
  const warm = samples.filter(({ at }) => at >= (first?.at ?? 0) + WARM_UP * span)
  const [heap, rss] = [trend(warm, 'heap'), trend(warm, 'rss')]
  const judged = span >= SHORTEST
  return { judged, flat: !judged || (isFlat(heap, 'heap') && isFlat(rss, 'rss')), heap, rss }
}

/** @typedef {{ meanMiB: number, growthMiB: number }} Trend */

/** @param {readonly MemorySample[]} samples @param {'heap' | 'rss'} name @returns {Trend} */
function trend(samples, name) {
  const meanAt = mean(samples.map(({ at }) => at))
  const meanOf = mean(samples.map(sample => sample[name]))
  const covariance = mean(samples.map(sample => (sample.at - meanAt) * (sample[name] - meanOf)))
  const variance = mean(samples.map(({ at }) => (at - meanAt) ** 2))
  const span = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0)
  const growth = variance === 0 ? 0 : (covariance / variance) * span
  return { meanMiB: round(meanOf / MIB), growthMiB: round(growth / MIB) }
}

/** @param {Trend} trend @param {'heap' | 'rss'} name */
function isFlat({ meanMiB, growthMiB }, name) {
  const { part, bytes } = ALLOWED[name]
  return growthMiB <= Math.max(part * meanMiB, bytes / MIB)
}

/** @param {readonly number[]} values */
function mean(values) {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10
}
