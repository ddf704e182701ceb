/**
 * @param {readonly number[] | Float64Array} values
 * @returns {number} the middle value; of an even number of values, the mean of the two in the middle
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const [low = Number.NaN, high = low] = sorted.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1)
  return (low + high) / 2
}

/**
 * @param {readonly number[] | Float64Array} values
 * @param {number} part 0.99 for the value that 99 % do not exceed
 */
export function percentile(values, part) {
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? Number.NaN
}

/**
 * The ratios of measurements that were taken side by side, so that noise which lasts longer than a pair cancels out.
 *
 * @param {readonly { ours: number, theirs: number }[]} pairs
 * @returns {{ ratio: number, spread: [number, number] }} the median, and the smallest and largest
 */
export function pairedRatio(pairs) {
  const ratios = pairs.map(({ ours, theirs }) => ours / theirs)
  return { ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] }
}
