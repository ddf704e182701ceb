import type { PoolOptions } from 'holdfast'
import type pg from 'pg'

/** A pool class under test: pg's or ours. Options that only one of them knows go in as they are. */
export type Contender = new (options: PoolOptions) => pg.Pool

/** Fails unless the promise settles soon: for calls whose failure mode is to hang. */
export async function soon<T>(promise: Promise<T>, what: string, millis = 2_000): Promise<T> {
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
