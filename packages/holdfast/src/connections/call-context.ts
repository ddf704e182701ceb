import type { Clock } from '../base/clock.js'
import type { PoolOptions, PoolSettings } from '../base/options.js'
import { retrierFor } from '../resilience/retrier.js'
import type { CallContext } from './database-call.js'

/** What the calls of a pool are made of. */
export interface CallParts extends Pick<CallContext, 'connections' | 'rollsBackWhole'> {
  readonly settings: PoolSettings
  readonly clock: Clock
  readonly random: () => number
  /** Checked; a password that is a function may be another one next time. */
  readonly config: { readonly password?: unknown }
  readonly log: PoolOptions['log']
}

/** Puts together what the calls of a pool share. */
export function callContext({ settings, clock, random, config, log, ...rest }: CallParts): CallContext {
  const freshPasswords = typeof config.password === 'function'
  return {
    ...rest,
    retrier: retrierFor(settings, { clock, random, freshPasswords }),
    now: () => clock.now(),
    optIn: settings.retryOptIn,
    log,
  }
}
