import type { Clock } from '../base/clock.js'
import { describeGiven } from '../base/duration.js'
import { OptionsError } from '../base/errors.js'
import {
  connectionOptions,
  loadRedis,
  type RedisClient,
  type RedisClientOptions,
  type RedisTemplate,
} from './redis-client.js'
import { findMaster, findSlotOwner, type RedisAddress } from './redis-discovery.js'

/** What a server's `host:port` is seen from here, where that differs; as in node-redis. */
export type RedisAddressMap =
  | Readonly<Record<string, RedisAddress>>
  | ((address: string) => RedisAddress | undefined)

/** The options of `createSentinel` of node-redis, as far as they are needed to find the primary. */
export interface RedisSentinelOptions {
  readonly name: string
  readonly sentinelRootNodes: readonly { readonly host: string; readonly port: number }[]
  readonly nodeClientOptions?: RedisClientOptions
  readonly sentinelClientOptions?: RedisClientOptions
  readonly nodeAddressMap?: RedisAddressMap
}

/** The options of `createCluster` of node-redis, as far as they are needed to find the node of one slot. */
export interface RedisClusterOptions {
  readonly rootNodes: readonly RedisClientOptions[]
  readonly defaults?: RedisClientOptions
  readonly nodeAddressMap?: RedisAddressMap
}

/**
 * Where Redis is: a URL (`redis://`, `rediss://`), a client of node-redis whose settings are taken, or how to find
 * the primary. Never printed: it may hold a password.
 */
export type RedisLocation =
  | string
  | RedisTemplate
  | { readonly sentinel: RedisSentinelOptions }
  | { readonly cluster: RedisClusterOptions }

/** Makes one more client, not connected yet, to the server found. */
export type MakeClient = (isTracking: boolean) => RedisClient

/** Finds the server that holds a key and returns how to connect to it; asked again before each attempt. */
export type LocateRedis = (key: string) => Promise<MakeClient>

/**
 * Checks where Redis is.
 *
 * @throws OptionsError when it is none of the forms
 */
export function redisSource(location: RedisLocation, clock: Clock): LocateRedis {
  if (typeof location === 'string') return fromUrl(location)
  if (typeof location === 'object' && location !== null) {
    if ('sentinel' in location) return fromSentinel(location.sentinel, clock)
    if ('cluster' in location) return fromCluster(location.cluster, clock)
    if (isTemplate(location)) return fromTemplate(location)
  }
  const expected = 'a redis:// or rediss:// URL, a node-redis client, { sentinel } or { cluster }'
  throw new OptionsError('cache.redis', expected, describeGiven(location))
}

/** A cluster or sentinel of node-redis has `duplicate` too, but gives no connection to one server. */
function isTemplate(location: RedisTemplate): boolean {
  const isComposite = 'slots' in location || 'getMasterNode' in location
  return !isComposite && 'duplicate' in location && typeof location.duplicate === 'function'
}

function fromUrl(url: string): LocateRedis {
  // The platform's and node-redis' own errors repeat the URL with its password.
  const isUrl = /^rediss?:\/\//i.test(url) && URL.canParse(url)
  if (!isUrl || !/^\/?\d*$/.test(new URL(url).pathname)) {
    const expected = 'a URL such as redis://host:6379 or rediss://user:password@host:6379/0'
    throw new OptionsError('cache.redis', expected, 'another text')
  }
  return direct({ url })
}

/** The duplicate takes over what the application configured: modules, credentials, TLS. */
function fromTemplate(template: RedisTemplate): LocateRedis {
  return async () => isTracking => {
    const options = connectionOptions((template.options ?? {}) as RedisClientOptions, isTracking)
    return template.duplicate(options as never) as RedisClient
  }
}

function fromSentinel(options: RedisSentinelOptions, clock: Clock): LocateRedis {
  return async () => {
    const { createClient } = await loadRedis()
    const makeClients = options.sentinelRootNodes.map(({ host, port }) => () => {
      const given = options.sentinelClientOptions ?? {}
      return createClient(connectionOptions({ ...given, socket: { ...given.socket, host, port } }, false))
    })
    const primary = await findMaster({ makeClients, clock }, options.name)
    return at(seen(primary, options.nodeAddressMap), options.nodeClientOptions)
  }
}

function fromCluster(options: RedisClusterOptions, clock: Clock): LocateRedis {
  const { rootNodes, defaults = {} } = options
  return async key => {
    const { createClient } = await loadRedis()
    const makeClients = rootNodes.map(node => () => {
      const socket = { ...defaults.socket, ...node.socket }
      return createClient(connectionOptions({ ...defaults, ...node, socket }, false))
    })
    const owner = await findSlotOwner({ makeClients, clock }, key)
    return at(seen(owner, options.nodeAddressMap), defaults)
  }
}

/** Where an address leads from here. */
function seen(address: RedisAddress, map: RedisAddressMap | undefined): RedisAddress {
  const name = `${address.host}:${address.port}`
  return (typeof map === 'function' ? map(name) : map?.[name]) ?? address
}

/** Clients to a server that was found. */
async function at(address: RedisAddress, given: RedisClientOptions = {}): Promise<MakeClient> {
  return direct({ ...given, socket: { ...given.socket, ...address } })('')
}

function direct(given: RedisClientOptions): LocateRedis {
  return async () => {
    const { createClient } = await loadRedis()
    // A copy for each: node-redis writes into the options it is given.
    return isTracking => createClient(connectionOptions(given, isTracking))
  }
}
