/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Upper bound of the first wait, in milliseconds. */
  readonly base: number
  /** Upper bound of every wait, in milliseconds. */
  readonly cap: number
}

/** 50 ms doubling up to 2 s. */
export const DEFAULT_BACKOFF: BackoffOptions = { base: 50, cap: 2_000 }

/**
 * Full jitter: a uniformly random wait between 0 and `min(cap, base · 2^(attempt − 1))` milliseconds, so that
 * clients that failed together do not come back together.
 *
 * @param attempt how many attempts have failed, from 1
 * @param random a number in [0, 1)
 * @see "Exponential Backoff And Jitter", AWS Architecture Blog, 2015
 */
export function fullJitter(
  attempt: number,
  random: number,
  options: BackoffOptions = DEFAULT_BACKOFF,
): number {
  const bound = Math.min(options.cap, options.base * 2 ** (attempt - 1))
  return random * bound
}
