import { Pool, type PoolOptions } from 'holdfast'
import pg from 'pg'
import { onTestFinished } from 'vitest'

/** A pool class under test: pg's or ours. Options that only one of them knows go in as they are. */
export type Contender = new (options: PoolOptions) => pg.Pool

/** Both, for `describe.each`: what stands in such a block holds for pg's pool and has to hold for ours. */
export const CONTENDERS: readonly { readonly of: string; readonly Contender: Contender }[] = [
  { of: 'pg', Contender: pg.Pool as unknown as Contender },
  { of: 'holdfast', Contender: Pool },
]

/** A pool that ends with the test, also when the test fails and leaves borrowers behind. */
export function poolForTest(Contender: Contender, options: PoolOptions): pg.Pool {
  const pool = new Contender(options)
  pool.on('error', () => {})
  onTestFinished(async () => {
    takeBack(pool)
    if (!pool.ending) await pool.end()
  })
  return pool
}

/** Releases every client that is still lent. */
function takeBack(pool: pg.Pool): void {
  const { _clients, _idle } = pool as unknown as { _clients: pg.PoolClient[]; _idle: { client: unknown }[] }
  const idle = new Set(_idle.map(({ client }) => client))
  for (const client of _clients.filter(each => !idle.has(each))) {
    try {
      client.release(true)
    } catch {
      // Not lent: the pool is still tidying it up.
    }
  }
}

/** Longer than anything takes that ends at all, on a machine that is busy with other things. */
const PATIENCE_MS = 30_000

/** Fails unless the promise settles soon: for calls whose failure mode is to hang. */
export async function soon<T>(promise: Promise<T>, what: string, millis = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen within ${millis} ms`)), millis)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** Fails with a sentence. */
export function must(condition: boolean, sentence: string): void {
  if (!condition) throw new Error(sentence)
}

/** The next emission of an event. */
export function event(emitter: NodeJS.EventEmitter, name: string): Promise<unknown[]> {
  return new Promise(resolve => emitter.once(name, (...args: unknown[]) => resolve(args)))
}

/** What a promise was rejected with; fails when it was not. */
export function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; retry?: string }> {
  return promise.then(
    () => Promise.reject(new Error('it was not rejected')),
    error => error,
  )
}
