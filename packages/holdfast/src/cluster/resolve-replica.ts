import { OptionsError } from '../base/errors.js'
import type { Environment, PoolOptions } from '../base/options.js'
import type { ReplicaOptions } from '../base/replica-options.js'
import { type ResolvedClientConfig, resolveClientConfig } from '../driver/client-config.js'
import { resolveHosts } from '../driver/hosts.js'

/**
 * Where a replica of the options is, and as whom to log in there: as on the primary where its URL does not say.
 *
 * @param options checked
 * @throws OptionsError that names the replica by its place
 */
export function resolveReplica(options: PoolOptions, index: number, env: Environment): ResolvedClientConfig {
  const { replicas } = options
  const urls = (Array.isArray(replicas) ? replicas : (replicas as ReplicaOptions).urls) as readonly string[]
  const { user, password, database } = resolveHosts(options, env).nodes[0].config
  try {
    const { host: _, port: __, ...others } = options
    const inherited = { ...others, user, password, database, connectionString: urls[index] as string }
    return resolveClientConfig(inherited as PoolOptions, env)
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error
    throw new OptionsError(`replicas[${index}]`, error.expected, error.given)
  }
}
