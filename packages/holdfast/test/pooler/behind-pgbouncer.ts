import {
  type PgBouncerOptions,
  type PgBouncerServer,
  startPgBouncer,
  temporaryDatabase,
} from '@holdfast/testkit'
import { Pool, type PoolOptions, type Warning } from 'holdfast'
import { onTestFinished } from 'vitest'

/** A PgBouncer, and a pool that goes around it to see what the server sees. Gone after the test. */
export interface BehindPgBouncer {
  readonly bouncer: PgBouncerServer
  readonly around: Pool
  /** A pool through it. */
  through(options?: PoolOptions): Pool & { readonly codes: string[] }
}

/** Starts a PgBouncer before a database of the test's own, or before the one that is given. */
export async function behindPgBouncer({
  postgres: given,
  ...options
}: Partial<PgBouncerOptions> = {}): Promise<BehindPgBouncer> {
  const postgres = given ?? (await temporaryDatabase())
  const bouncer = await startPgBouncer({ postgres, ...options })
  const around = new Pool({ connectionString: postgres.url })
  const pools: Pool[] = [around]
  onTestFinished(async () => {
    await Promise.all(pools.map(pool => pool.end({ timeout: 1_000 })))
    await bouncer[Symbol.asyncDispose]()
  })
  return {
    bouncer,
    around,
    through: more => {
      const pool = new Pool({ connectionString: bouncer.url, ...more })
      pools.push(pool)
      const codes: string[] = []
      pool.on('warning', ({ code }: Warning) => codes.push(code))
      pool.on('error', () => undefined)
      return Object.assign(pool, { codes })
    },
  }
}
