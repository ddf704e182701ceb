import type { Clock } from '../base/clock.js'
import type { PoolNumbers } from '../base/errors.js'

/** The answer to "does it work?". */
export interface Health {
  readonly healthy: boolean
  /** Milliseconds until the database answered, or until the check gave up. */
  readonly latencyMs: number
  readonly pool: PoolNumbers
  /** Why not; absent when healthy. */
  readonly error?: Error
}

/** What a check of health needs. */
export interface HealthProbe {
  readonly clock: Clock
  /** One round trip to the database. */
  readonly ask: () => Promise<unknown>
  /** Why the question would only wait; absent while it can be asked. */
  readonly outage: () => Error | undefined
  readonly numbers: () => PoolNumbers
}

/** One round trip, asked once. A busy service is not an ill one: it goes first. */
export const HEALTH_QUESTION = {
  text: 'SELECT 1',
  retry: false,
  priority: 'critical',
} as const

/** Asks the database once; while it is known to be away, not even that. Never rejects. */
export async function checkHealth({ clock, ask, outage, numbers }: HealthProbe): Promise<Health> {
  const start = clock.now()
  const error = outage()
  if (error !== undefined) return { healthy: false, error, latencyMs: 0, pool: numbers() }
  const answer = await ask().then(
    () => ({ healthy: true }),
    (error: Error) => ({ healthy: false, error }),
  )
  return { ...answer, latencyMs: clock.now() - start, pool: numbers() }
}
