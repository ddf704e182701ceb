import { throwLater } from './throw-later.js'

/** Node's kind of callback: an error, or nothing and a value. */
export type Callback<T> = (error: Error | undefined, value?: T) => void

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
