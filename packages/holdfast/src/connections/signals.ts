import type { Duration } from '../base/duration.js'
import type { PoolOptions } from '../base/options.js'

/** Calls back once on the first of some signals; the default behaviour is restored then. Returns how to stop. */
export function onFirstSignal(signals: readonly NodeJS.Signals[], callback: () => void): () => void {
  const stop = () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
  const onSignal = () => {
    stop()
    callback()
  }
  for (const signal of signals) process.on(signal, onSignal)
  return stop
}

/** Arranges for the end of a pool on signals, where that was asked for; returns how to call it off. */
export function endOnSignals(
  shutdown: PoolOptions['shutdown'],
  end: (limit: { timeout: Duration }) => void,
): () => void {
  if (!shutdown) return () => {}
  const { signals = ['SIGTERM', 'SIGINT'], timeout = 10_000 } = shutdown
  return onFirstSignal(signals, () => end({ timeout }))
}
