/** How many calls may run at the same time, and what that is judged by. */
export interface ConcurrencyLimit {
  /** At least 1; its whole part counts. */
  readonly limit: number
  /** What a call takes in the long run, in milliseconds; 0: not known yet. */
  readonly usual: number
}

/** What was seen since the last step. */
export interface LatencyWindow {
  /** What a call took on average, in milliseconds. */
  readonly latency: number
  /** Calls that ran at the same time at most. */
  readonly inFlight: number
}

/** Bounds of the limit. */
export interface LimitBounds {
  readonly min: number
  readonly max: number
}

/** Latency may grow by this factor before the limit shrinks. */
const TOLERANCE = 1.5

/** How much of the newest limit counts: latencies jump. */
const SMOOTHING = 0.2

/** How much of the newest latency counts in the long run. */
const MEMORY = 1 / 20

/** Forgets an old, high latency: the long run must not keep a limit low, or high, that no longer fits. */
const FORGETTING = 0.95

/**
 * The limit after a window: it shrinks by the ratio of the usual to the present latency, at most by half, and otherwise
 * grows by the square root of itself, which is the queue that it allows in the database. A limit that nobody reaches is
 * left alone. Pure.
 *
 * @see Netflix, concurrency-limits, "Gradient2"
 */
export function stepLimit(
  state: ConcurrencyLimit,
  window: LatencyWindow,
  bounds: LimitBounds,
): ConcurrencyLimit {
  const { latency, inFlight } = window
  if (!(latency > 0)) return state
  const usual = nextUsual(state.usual, latency)
  if (inFlight < state.limit / 2) return { ...state, usual }
  const gradient = Math.max(0.5, Math.min(1, (TOLERANCE * usual) / latency))
  const wanted = state.limit * gradient + Math.sqrt(state.limit)
  const smoothed = state.limit * (1 - SMOOTHING) + wanted * SMOOTHING
  return { limit: Math.max(bounds.min, Math.min(bounds.max, smoothed)), usual }
}

function nextUsual(usual: number, latency: number): number {
  if (usual === 0) return latency
  const next = usual + (latency - usual) * MEMORY
  return next > 2 * latency ? next * FORGETTING : next
}
