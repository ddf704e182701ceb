import { isFatal } from '../driver/sqlstate.js'

/** Codes of failures after which a read goes on to another server, which need not mean that this one is ill. */
const UNFIT: ReadonlySet<string> = new Set([
  // A conflict with what is being replayed.
  '40001',
  '40P01',
  // The read needs more than a standby may do: a row lock, a sequence, a function of the primary.
  '25006',
  '55000',
  // The replica has too much to do.
  'HOLDFAST_POOL_TIMEOUT',
  'HOLDFAST_OVERLOADED',
])

/**
 * Whether a read that failed on a replica goes on to another server: `trouble`, because the replica or the way to it
 * fails; `unfit`, because this read cannot be answered there. `undefined`: the failure is the read's own.
 */
export function leavesReplica(error: unknown): 'trouble' | 'unfit' | undefined {
  const { code = '' } = error as { code?: string }
  if (UNFIT.has(code)) return 'unfit'
  // HOLDFAST_CONNECT_…, HOLDFAST_CONNECTION_LOST: a read that was lost has changed nothing.
  const isTrouble = isFatal(error) || /^(?:08...|57P0.|53300|HOLDFAST_CONNECT.*|HOLDFAST_NO_HOST)$/.test(code)
  return isTrouble ? 'trouble' : undefined
}
