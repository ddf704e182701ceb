type Cleanup = () => Promise<unknown>

const cleanups: Cleanup[] = []

/**
 * Has something ended after the test file, by whoever calls {@link cleanUpFile} then: for helpers that several files load
 * into one process, where a hook of the helper's own would be registered for the first of them alone.
 */
export function afterFile(cleanup: Cleanup): void {
  cleanups.push(cleanup)
}

/** Ends what was to be ended after the test file, in the order in which it was told. Rejects with the first failure, at the end. */
export async function cleanUpFile(): Promise<void> {
  const failures: unknown[] = []
  for (const cleanup of cleanups.splice(0)) await cleanup().catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
