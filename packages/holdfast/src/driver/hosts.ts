import { OptionsError } from '../base/errors.js'
import type { Environment, PoolOptions } from '../base/options.js'
import type { Warning } from '../base/warning.js'
import { type ResolvedClientConfig, resolveClientConfig } from './client-config.js'

/** Which servers a session may be opened on, as in libpq. */
export const SESSION_ATTRS = [
  'any',
  'read-write',
  'read-only',
  'primary',
  'standby',
  'prefer-standby',
] as const
export type SessionAttrs = (typeof SESSION_ATTRS)[number]

/** The servers that a URL names, and how to choose among them. */
export interface ResolvedHosts {
  /** At least one, in the order of the URL. */
  readonly nodes: readonly [ResolvedClientConfig, ...ResolvedClientConfig[]]
  /** `target_session_attrs`. Default: `any`. */
  readonly attrs: SessionAttrs
  /** `load_balance_hosts=random`: each connection tries them in an order of its own. */
  readonly shuffled: boolean
}

/** The parts of a URL around its list of hosts. */
const URL_PARTS = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^@/?#]*)([^?]*)(?:\?(.*))?$/is

const HOST = /^(?:\[[\da-f:.]+\]|[^:[\]\s]+)(?::(\d{1,5}))?$/i

/**
 * Resolves where to connect: the one server that options and variables name, or those of a URL such as
 * `postgres://user:password@a:5432,b:5433/database?target_session_attrs=primary`.
 *
 * @throws OptionsError when the URL cannot be read or names something impossible; the URL is never repeated
 */
export function resolveHosts(options: PoolOptions, env: Environment): ResolvedHosts {
  const { connectionString } = options
  const parts = connectionString === undefined ? null : URL_PARTS.exec(connectionString)
  if (parts === null) return { nodes: [resolveClientConfig(options, env)], attrs: 'any', shuffled: false }
  const [, start = '', list = '', path = '', search = ''] = parts
  const parameters = new URLSearchParams(search)
  const isPlain = !parameters.has('target_session_attrs') && !parameters.has('load_balance_hosts')
  const attrs = take(parameters, 'target_session_attrs', SESSION_ATTRS) ?? 'any'
  const shuffled = take(parameters, 'load_balance_hosts', ['disable', 'random'] as const) === 'random'
  const hosts = hostsOf(list, parameters)
  // What says nothing of hosts is left as it is written: a text that is taken apart and put together may differ.
  const rest = isPlain ? search : `${parameters}`
  const nodes = hosts.map(host =>
    resolveClientConfig({ ...options, connectionString: `${start}${host}${path}${rest && `?${rest}`}` }, env),
  )
  return { nodes: nodes as [ResolvedClientConfig, ...ResolvedClientConfig[]], attrs, shuffled }
}

/** Takes one of some words out of the parameters of a URL. */
function take<T extends string>(
  parameters: URLSearchParams,
  name: string,
  words: readonly T[],
): T | undefined {
  const value = parameters.get(name)
  parameters.delete(name)
  if (value === null || words.includes(value as T)) return (value as T | null) ?? undefined
  throw new OptionsError(`connectionString?${name}`, words.join(', '), 'another word')
}

/** The hosts of a list; one that stands alone is left to pg. */
function hostsOf(list: string, parameters: URLSearchParams): string[] {
  const hosts = list.split(',')
  if (hosts.length === 1) return hosts
  for (const name of ['host', 'port']) {
    if (!parameters.has(name)) continue
    throw new OptionsError('connectionString', `hosts and ports in one place`, `a list and "?${name}="`)
  }
  for (const [index, host] of hosts.entries()) {
    const match = HOST.exec(host)
    const port = match?.[1]
    if (match !== null && (port === undefined || (Number(port) >= 1 && Number(port) <= 65_535))) continue
    const given = `something else at place ${index + 1} of ${hosts.length}`
    throw new OptionsError('connectionString', 'hosts as host or host:port, separated by commas', given)
  }
  return hosts
}

/** Tells of what is found out about the hosts later: what operators should know, and that a standby became a primary. */
export function listenToHosts(
  { nodes }: ResolvedHosts,
  onWarning: (warning: Warning) => void,
  onPromoted: () => void,
): void {
  for (const { pooler, server } of nodes) {
    pooler.onWarning = onWarning
    server.onPromoted = onPromoted
  }
}
