import type { NodeStatus } from './node-status.js'

/** Whether a replica gets reads, or why not. */
export type Verdict = 'serving' | 'unknown' | 'down' | 'failed' | 'not-a-standby' | 'lagging'

/** What can happen to a replica: it was looked at, or a read on it failed. */
export type ReplicaEvent =
  | {
      readonly kind: 'looked'
      readonly status: NodeStatus
      readonly lagMillis: number
      readonly maxLag: number
    }
  | { readonly kind: 'read-failed' }

/**
 * The verdict after an event. Pure. A replica that was banned for its lag comes back when it has caught up by half, so
 * that one at the limit does not come and go.
 */
export function judge(before: Verdict, event: ReplicaEvent): Verdict {
  if (event.kind === 'read-failed') return before === 'serving' ? 'failed' : before
  const { status, lagMillis, maxLag } = event
  if (status.kind === 'down') return 'down'
  if (!status.standby) return 'not-a-standby'
  return lagMillis > (before === 'lagging' ? maxLag / 2 : maxLag) ? 'lagging' : 'serving'
}
