import type { ResolvedHosts } from '../driver/hosts.js'
import type { OpenAt } from '../driver/opener.js'
import type { PgConnection } from '../driver/pg-connection.js'
import { noHostError, type Refusal } from './no-host-error.js'
import { describeRole, fits, type RoleListener } from './session-role.js'

/** What it takes to go through a list of hosts. */
export interface HostListParts {
  readonly hosts: ResolvedHosts
  readonly openAt: OpenAt
  readonly roles: RoleListener
  readonly random: () => number
  /** Milliseconds that all hosts together may take; 0: no limit. */
  readonly connectTimeout: number
}

/**
 * Opens a connection as libpq does: on the first host, in their order or in a random one, that can be reached and fits.
 * `prefer-standby` goes through the list a second time and then takes any. Each host gets its share of the time.
 *
 * @throws ConnectError `HOLDFAST_NO_HOST` that says of each host why it was not taken
 */
export async function openFirstFit(parts: HostListParts, signal: AbortSignal): Promise<PgConnection> {
  const { hosts, random } = parts
  const order = hosts.shuffled ? shuffle(hosts.nodes, random) : hosts.nodes
  const refusals: Refusal[] = []
  const rounds = hosts.attrs === 'prefer-standby' ? (['standby', 'any'] as const) : [hosts.attrs]
  for (const attrs of rounds) {
    refusals.length = 0
    for (const node of order) {
      const opened = await openIfFit(parts, { node, attrs, signal })
      if ('connection' in opened) return opened.connection
      if (signal.aborted) throw opened.why
      refusals.push({ target: node.target, why: opened.why })
    }
  }
  throw noHostError(refusals, hosts.attrs)
}

interface Attempt {
  readonly node: ResolvedHosts['nodes'][number]
  readonly attrs: ResolvedHosts['attrs']
  readonly signal: AbortSignal
}

async function openIfFit(
  { hosts, openAt, roles, connectTimeout }: HostListParts,
  { node, attrs, signal }: Attempt,
): Promise<{ connection: PgConnection } | { why: Error | string }> {
  const share = connectTimeout / hosts.nodes.length
  let connection: PgConnection | undefined
  try {
    connection = await openAt(node, { signal, connectTimeout: share, onClient: roles.listen })
    const role = attrs === 'any' ? undefined : await roles.roleOf(connection, share || 5_000)
    if (role === undefined || fits(attrs, role)) return { connection }
    void connection.close()
    return { why: describeRole(role) }
  } catch (error) {
    void connection?.close()
    return { why: error as Error }
  }
}

/** A copy in random order, every order equally likely. */
function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[shuffled[i], shuffled[j]] = [shuffled[j] as T, shuffled[i] as T]
  }
  return shuffled
}
