import type { Pool } from 'holdfast'

/** Whether the database answers. Neither call ever rejects because of the database. */
export interface HealthService {
  /** Whether a connection can be had and answers a query, within the pool's own time limits. */
  testConnection(): Promise<boolean>
  /** The same within 5 seconds. */
  healthCheck(): Promise<boolean>
}

const HEALTH_TIMEOUT_MILLIS = 5_000

export function healthService(pool: Pool): HealthService {
  return {
    async testConnection() {
      return pool.query({ text: 'SELECT 1', readOnly: true }).then(
        () => true,
        () => false,
      )
    },

    async healthCheck() {
      return (await pool.health({ timeout: HEALTH_TIMEOUT_MILLIS })).healthy
    },
  }
}
