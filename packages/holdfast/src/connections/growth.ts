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
  /** How long there has been somebody waiting without a break. */
  readonly pressure: number
}

/** Connections opened at the same time at most: a server forks a process for each. */
export const MOST_CONNECTING = 8

/** Waiting that goes on for this many connect times is no spike: the pool is too small for the load. */
const SUSTAINED = 2

/**
 * How many connections to open now: none while the callers will be served sooner by the connections in use than
 * by new ones. The last of `n` callers waits for `n / active` uses; once the oldest caller has waited longer than
 * a connect takes, the estimate was wrong and every caller that is not covered gets a connection. Under pressure
 * that does not end the pool grows one connection at a time.
 */
export function connectionsToOpen(demand: Demand): number {
  const { active, connecting, connectTime, useTime } = demand
  const uncovered = demand.waiting - demand.coming
  const allowed = Math.min(uncovered, demand.room, MOST_CONNECTING - connecting)
  if (allowed <= 0) return 0
  if (active === 0 || useTime === 0 || demand.longestWait > connectTime) return allowed
  const patient = Math.floor((connectTime / useTime) * active)
  const sustained = connecting === 0 && demand.pressure > SUSTAINED * connectTime
  return Math.max(sustained ? 1 : 0, Math.min(allowed, uncovered - patient))
}

/** Exponential moving average with weight 1/8 for the newest sample; the first sample counts whole. */
export function movingAverage(average: number, sample: number): number {
  return average === 0 ? sample : average + (sample - average) / 8
}
