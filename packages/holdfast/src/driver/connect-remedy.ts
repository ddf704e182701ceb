import { ConnectError } from '../base/errors.js'
import type { Target } from './connect-error.js'
import { poolerFailure } from './pooler-errors.js'
import { refusedParameter } from './pooler-watch.js'

/** What to do about a failure to connect that has to do with poolers; `undefined`: nothing special. */
export function connectRemedy(error: unknown, { host }: Target): string | undefined {
  const parameter = refusedParameter(error)
  if (parameter !== undefined) {
    return `A pooler refuses "${parameter}": set it on the role (ALTER ROLE … SET …), or list it in ignore_startup_parameters of PgBouncer if it may be lost.`
  }
  if (poolerFailure(error) === 'not assigned') {
    return 'The pooler gave no server connection: lower "max" times the number of processes, end long transactions, or raise what the pooler may hold.'
  }
  if (isIpv6Only(host) && error instanceof ConnectError && error.code === 'HOLDFAST_CONNECT_UNREACHABLE') {
    return "Supabase's direct hosts have no IPv4 address without the IPv4 add-on: where there is no IPv6, use the session pooler (…pooler.supabase.com, port 5432)."
  }
  return undefined
}

/** Whether a host is one of Supabase's that are reached directly: without an add-on it has an IPv6 address alone. */
export function isIpv6Only(host: string): boolean {
  return /^db\.[^.]+\.supabase\.co$/i.test(host)
}
