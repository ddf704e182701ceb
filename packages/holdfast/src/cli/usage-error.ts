/** The command line was typed wrongly: nothing was done. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
