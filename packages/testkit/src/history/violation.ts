import type { Read, RegisterName } from './events.js'
import type { State } from './register.js'

/**
 * How a read broke the guarantee. `stale`: it missed a write acknowledged before it started. `aborted`: it saw what
 * was taken back. `unwritten`: it saw what nobody wrote, or what was overwritten too long ago to be remembered.
 * `own`: it did not see what its own transaction had written.
 */
export type ViolationKind = 'stale' | 'aborted' | 'unwritten' | 'own'

/** One read that broke the guarantee. */
export interface Violation {
  readonly kind: ViolationKind
  readonly register: RegisterName
  /** The version it saw; `null`: that the register was gone; absent: that it was not where the read looked. */
  readonly saw?: number | null
  /** What it should have shown at least, oldest first. */
  readonly missed: readonly State[]
  readonly read: Read
}
