import { throwLater } from './throw-later.js'

/** Node's kind of callback: an error, or nothing and a value. */
export type Callback<T> = (error: Error | undefined, value?: T) => void

/** The first function among three arguments, without a list of them: this is on the way of every query. */
export function firstFunction(first: unknown, second: unknown, third: unknown): unknown {
  if (typeof first === 'function') return first
  if (typeof second === 'function') return second
  return typeof third === 'function' ? third : undefined
}

/** Tells a callback how a promise ends. What the callback throws is the application's, and reaches `uncaughtException`. */
export function callBack<T>(promise: Promise<T>, callback: Callback<T>): undefined {
  const call = (...args: Parameters<Callback<T>>) => {
    try {
      callback(...args)
    } catch (error) {
      throwLater(error)
    }
  }
  promise.then(value => call(undefined, value), call)
}
