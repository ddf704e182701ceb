import { createRequire } from 'node:module'
import { type CacheClient, type ClosableCache, DEFAULT_TTL_SECONDS, keepable } from './cache-access.js'

/** Milliseconds that a call waits for Redis, at most. */
const BUDGET_MILLIS = 250
const CONNECT_TIMEOUT_MILLIS = 2_000
const LONGEST_PAUSE_MILLIS = 2_000
const MOST_WAITING = 10_000

/** node-redis' client, as far as it is used here. */
interface RedisClient extends CacheClient {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  destroy(): void
  unref(): void
  on(event: string, listener: () => void): unknown
  once(event: string, listener: () => void): unknown
}

/** A URL, or a client that the application made and ends itself. */
export type RedisPlace = string | CacheClient

/**
 * An application's cache in Redis, under the application's own keys. Connects at the first use; while Redis is away,
 * nothing is found and nothing is kept.
 */
export function redisCache(place: RedisPlace): ClosableCache {
  let opened: Connection | undefined
  let ended = false
  const connection = () => {
    if (!ended) opened ??= typeof place === 'string' ? open(place) : given(place)
    return opened
  }
  const ask = async <T>(command: (client: CacheClient) => Promise<T>, otherwise: T): Promise<T> => {
    try {
      const used = connection()
      await used?.tried
      return used?.client.isReady ? await inTime(command(used.client)) : otherwise
    } catch {
      return otherwise
    }
  }
  return {
    get: key => ask(async client => parsed(await client.get(key)), null as unknown),
    set: async (key, value, ttl = DEFAULT_TTL_SECONDS) => {
      const kept = keepable(value, ttl)
      if (kept === undefined) return false
      return ask(async client => (await client.set(key, kept.text, { PX: kept.millis })) === 'OK', false)
    },
    delete: key => ask(client => client.del(key).then(() => true), false),
    get client() {
      return connection()?.client ?? null
    },
    close: () => {
      ended = true
      opened?.close()
      opened = undefined
    },
  }
}

interface Connection {
  readonly client: CacheClient
  /** Resolves when the first attempt to connect is over, however it went. */
  readonly tried: Promise<unknown>
  close(): void
}

function given(client: CacheClient): Connection {
  return { client, tried: Promise.resolve(), close: () => {} }
}

function open(url: string): Connection {
  const client = createClient(url)
  const tried = new Promise<void>(resolve => {
    client.once('ready', resolve)
    // It goes on trying by itself; without a listener its errors would end the process.
    client.on('error', resolve)
  })
  client.unref()
  client.connect().catch(() => undefined)
  return { client, tried, close: () => client.isOpen && client.destroy() }
}

/** @throws Error when node-redis is not installed */
function createClient(url: string): RedisClient {
  const require = createRequire(import.meta.url)
  return require('@redis/client').createClient({
    url,
    name: 'digis-cache',
    disableOfflineQueue: true,
    commandsQueueMaxLength: MOST_WAITING,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MILLIS,
      reconnectStrategy: (retries: number) => Math.min(LONGEST_PAUSE_MILLIS, 50 * 2 ** Math.min(retries, 6)),
    },
  })
}

function parsed(text: unknown): unknown {
  return typeof text === 'string' ? JSON.parse(text) : null
}

/** @throws Error after {@link BUDGET_MILLIS} */
async function inTime<T>(reply: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Redis is too slow.')), BUDGET_MILLIS)
  })
  return Promise.race([reply, late]).finally(() => clearTimeout(timer))
}
