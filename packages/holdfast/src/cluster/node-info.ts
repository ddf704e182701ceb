import type { Target } from '../driver/connect-error.js'
import type { NodeStatus } from './node-status.js'
import type { Replica } from './replica.js'
import type { Verdict } from './replica-verdict.js'

/** A server of the pool's cluster, as it was when it was looked at last. */
export interface NodeInfo {
  readonly host: string
  readonly port: number
  /** `primary`: the pool writes there. `unknown`: it does not answer, or has not been looked at. */
  readonly role: 'primary' | 'standby' | 'unknown'
  /** Whether reads go there that say `readOnly: true`, or why not; absent for what is no replica. */
  readonly reads?: Verdict
  /** How far a replica is behind the primary, in milliseconds; exact to about a second. */
  readonly lagMillis?: number
}

/** What is known of a host in the list. */
export function hostInfo(
  { host, port }: Target,
  status: NodeStatus | undefined,
  isPrimary: boolean,
): NodeInfo {
  const isStandby = status?.kind === 'up' && status.standby
  return { host, port, role: isPrimary ? 'primary' : isStandby ? 'standby' : 'unknown' }
}

/** What is known of a replica. */
export function replicaInfo({ target, verdict, lag }: Replica): NodeInfo {
  const isStandby = verdict === 'serving' || verdict === 'lagging'
  const { host, port } = target
  return { host, port, role: isStandby ? 'standby' : 'unknown', reads: verdict, lagMillis: lag }
}
