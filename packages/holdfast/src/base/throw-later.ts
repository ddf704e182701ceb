/** Throws where nothing can swallow it: an error in an application's callback must reach `uncaughtException`. */
export function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error
  })
}
