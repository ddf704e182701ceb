import { OptionsError } from '../base/errors.js'

/** What a command is made of. */
export type RedisArgument = string | Buffer

/** The part of node-redis' client that is used here; structural, because node-redis is an optional dependency. */
export interface RedisClient {
  connect(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: string, listener: (argument: never) => void): unknown
  sendCommand(args: readonly RedisArgument[], options?: object): Promise<unknown>
}

/** A client that the application made: its settings are taken, the client itself is left alone. */
export interface RedisTemplate {
  duplicate(overrides?: never): unknown
  readonly options?: unknown
}

/** What `createClient` of node-redis takes, as far as it is looked into here. */
export interface RedisClientOptions {
  readonly url?: string
  readonly socket?: object
  readonly [name: string]: unknown
}

/** The functions of node-redis that are used here. */
export interface RedisModule {
  createClient(options: RedisClientOptions): RedisClient
}

/** Milliseconds to open a connection, handshake included. */
export const CONNECT_TIMEOUT_MS = 2_000

/** Replies with strings as the bytes they are: RESP type `$`. */
export const AS_BUFFERS = { typeMapping: { 36: Buffer } } as const

/**
 * Loads node-redis.
 *
 * @throws OptionsError when it is not installed
 */
export async function loadRedis(): Promise<RedisModule> {
  const { createClient } = await importRedis()
  pattern ??= createClient({ RESP: 3 }) as unknown as RedisTemplate
  const known = pattern
  return { createClient: options => known.duplicate(options as never) as RedisClient }
}

/**
 * A client that is never connected, for its class alone: `createClient` makes a new class of all commands nearly each
 * time, which blocks the process for tens of milliseconds, and clients are made as long as Redis is away.
 */
let pattern: RedisTemplate | undefined

async function importRedis(): Promise<RedisModule> {
  try {
    return (await import('@redis/client')) as unknown as RedisModule
  } catch {
    const expected = 'the package "@redis/client" (npm install @redis/client) for a cache in Redis'
    throw new OptionsError('cache.redis', expected, 'no such package installed')
  }
}

/**
 * The settings of each connection, whatever the application's say: no queue while offline, no reconnecting and no
 * timeouts of node-redis' own, because the link and the breaker decide those. RESP3 for invalidation messages.
 */
export function connectionOptions(given: RedisClientOptions, isTracking: boolean): RedisClientOptions {
  return {
    ...given,
    RESP: 3,
    name: 'holdfast-cache',
    maintNotifications: 'disabled',
    disableOfflineQueue: true,
    commandsQueueMaxLength: undefined,
    commandOptions: { timeout: undefined },
    clientSideCache: undefined,
    emitInvalidate: isTracking,
    pingInterval: undefined,
    keyPrefix: undefined,
    readonly: false,
    socket: {
      ...given.socket,
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: undefined,
      reconnectStrategy: false,
    },
  }
}
