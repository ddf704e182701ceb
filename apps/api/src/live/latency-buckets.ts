/** Buckets for each doubling: a percentile is off by at most 6 %. */
const STEPS = 8
/** Below it, in milliseconds, all durations are one. */
const LEAST = 0.1
const DOUBLINGS = 21

/** How many buckets there are: from 0.1 ms to more than three minutes. */
export const BUCKETS = STEPS * DOUBLINGS

/** The bucket of a duration in milliseconds. */
export function bucketOf(millis: number): number {
  if (!(millis > LEAST)) return 0
  const doubling = Math.min(DOUBLINGS, Math.floor(Math.log2(millis / LEAST)))
  const step = Math.floor((millis / (LEAST * 2 ** doubling) - 1) * STEPS)
  return Math.min(BUCKETS - 1, doubling * STEPS + step)
}

/** The middle of a bucket, in milliseconds. */
function middleOf(bucket: number): number {
  const doubling = Math.floor(bucket / STEPS)
  return LEAST * 2 ** doubling * (1 + ((bucket % STEPS) + 0.5) / STEPS)
}

/**
 * The duration, in milliseconds, within which a share of what was counted lies; 0 when nothing was.
 *
 * @param share from 0 to 1
 */
export function percentile(counts: ArrayLike<number>, share: number): number {
  let left = Array.from(counts).reduce((sum, count) => sum + count, 0) * share
  if (left === 0) return 0
  for (let bucket = 0; bucket < counts.length; bucket++) {
    left -= counts[bucket] ?? 0
    if (left <= 1e-9) return middleOf(bucket)
  }
  return middleOf(counts.length - 1)
}

/** Only the buckets that hold something: bucket, count, bucket, count, … */
export function sparse(counts: ArrayLike<number>): number[] {
  return Array.from(counts).flatMap((count, bucket) => (count === 0 ? [] : [bucket, count]))
}

/** Adds what {@link sparse} made of other counts. What is no bucket is left out. */
export function addSparse(counts: Float64Array, pairs: readonly number[]): void {
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const bucket = pairs[at] ?? -1
    if (bucket >= 0 && bucket < counts.length) counts[bucket] = (counts[bucket] ?? 0) + (pairs[at + 1] ?? 0)
  }
}
