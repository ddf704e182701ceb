// Imported, because the global one is looked up by a getter each time.
import { performance } from 'node:perf_hooks'

/** The only source of time: real in the product, turned by hand in tests. */
export interface Clock {
  /** Milliseconds on a clock that never goes back; the zero is arbitrary. */
  now(): number
  setTimeout(callback: () => void, millis: number): NodeJS.Timeout
  clearTimeout(timer: NodeJS.Timeout): void
}

/** The process's monotonic clock and timers. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, millis) => setTimeout(callback, millis),
  clearTimeout: timer => clearTimeout(timer),
}
