import type { DoctorSettings, MigrationFault } from './options.js'

/** What others than the database say; a text instead of an answer is the reason why there is none. */
export interface Outside {
  readonly migrations?: readonly MigrationFault[] | string
  /** PgBouncer's `SHOW POOLS`. */
  readonly pools?: readonly Record<string, unknown>[] | string
}

/** Asks them before the doctor's transaction begins, so that it does not wait for them. */
export async function askOutside({ migrations, pgbouncer }: DoctorSettings): Promise<Outside> {
  return {
    ...(migrations && { migrations: await answerOf(migrations) }),
    ...(pgbouncer && { pools: await answerOf(async () => (await pgbouncer.query('SHOW POOLS')).rows) }),
  }
}

async function answerOf<T>(ask: () => Promise<T>): Promise<T | string> {
  try {
    return await ask()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
