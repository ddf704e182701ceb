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
