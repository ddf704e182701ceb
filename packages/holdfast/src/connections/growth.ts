/** What is known when the pool decides whether to open connections. Times in milliseconds. */
export interface Demand {
  readonly waiting: number
  /** Connections on their way to idle: connecting, being validated or reset. */
  readonly coming: number
  readonly connecting: number
  /** Connections lent out. */
  readonly active: number
  /** How many more the limits allow. */
  readonly room: number
  /** Moving average of how long a connection is lent; 0: not known yet. */
  readonly useTime: number
  /** Moving average of how long connecting takes; 0: not known yet. */
  readonly connectTime: number
  /** How long the oldest caller has been waiting. */
  readonly longestWait: number
}

/** Connections opened at the same time at most: a server forks a process for each. */
export const MOST_CONNECTING = 8

/**
 * How many connections to open now: none while the callers will be served sooner by the connections in use than
 * by new ones. The last of `n` callers waits for `n / active` uses; once the oldest caller has waited longer than
 * a connect takes, the estimate was wrong and every caller that is not covered gets a connection.
 */
export function connectionsToOpen(demand: Demand): number {
  const uncovered = demand.waiting - demand.coming
  const allowed = Math.min(uncovered, demand.room, MOST_CONNECTING - demand.connecting)
  if (allowed <= 0) return 0
  if (demand.active === 0 || demand.useTime === 0) return allowed
  if (demand.longestWait > demand.connectTime) return allowed
  const patient = Math.floor((demand.connectTime / demand.useTime) * demand.active)
  return Math.max(0, Math.min(allowed, uncovered - patient))
}

/** Exponential moving average with weight 1/8 for the newest sample; the first sample counts whole. */
export function movingAverage(average: number, sample: number): number {
  return average === 0 ? sample : average + (sample - average) / 8
}
