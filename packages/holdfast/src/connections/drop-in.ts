import type { ClientConfig, Pool, PoolClient } from 'pg'
import type { Clock } from '../base/clock.js'
import type { PoolOptions, PoolSettings } from '../base/options.js'
import type { ConnectionPool } from './connection-pool.js'

/** What the pool looks like to code written for pg-pool. */
export interface DropInParts {
  readonly pool: Pool
  readonly connections: ConnectionPool
  readonly clock: Clock
  readonly options: PoolOptions
  readonly settings: PoolSettings
  readonly config: ClientConfig
}

/** Options that hold secrets: readable, but not shown when the pool is printed. */
const SECRET_OPTIONS = ['connectionString', 'password', 'cache', 'replicas']

/**
 * Gives a pool the fields that tools read on a pg-pool: the counters, `options` with pg's names and the values in
 * force, and the lists of clients, which pg-pool keeps in `_clients` and `_idle`.
 */
export function looksLikePgPool(parts: DropInParts): void {
  const { pool, connections, options, settings, config } = parts
  const { max, min, maxUses, allowExitOnIdle } = settings
  const shown = {
    ...options,
    ...config,
    max,
    min,
    maxUses,
    allowExitOnIdle,
    idleTimeoutMillis: settings.idleTimeout,
    connectionTimeoutMillis: settings.connectTimeout,
    maxLifetimeSeconds: settings.maxLifetime / 1_000,
    query_timeout: settings.queryTimeout,
  }
  for (const name of SECRET_OPTIONS) {
    const value = options[name as keyof PoolOptions] ?? config[name as keyof ClientConfig]
    if (value !== undefined) Object.defineProperty(shown, name, { value, enumerable: false })
  }
  Object.defineProperties(pool, {
    options: { value: shown, enumerable: true, writable: true, configurable: true },
    totalCount: { get: () => connections.totalCount },
    idleCount: { get: () => connections.idle.length },
    waitingCount: { get: () => connections.waitingCount },
    expiredCount: { get: () => countExpired(parts) },
    _clients: { get: () => [...connections.connections].map(({ client }) => client) },
    _idle: { get: () => connections.idle.map(({ client }) => ({ client })) },
    _pendingQueue: { get: () => ({ length: connections.waitingCount }) },
  })
}

/** What pg-pool's own constructor is given: it copies its options into the pool, and secrets and files stay with us. */
export function withoutSecrets({ max, log, Client, Promise: promise }: PoolOptions): PoolOptions {
  return {
    ...(max !== undefined && { max }),
    ...(log && { log }),
    ...(Client && { Client }),
    ...(promise && { Promise: promise }),
  }
}

/** Clients past their lifetime that are not closed yet: they are lent. */
function countExpired({ connections, clock }: DropInParts): number {
  const now = clock.now()
  return [...connections.connections].filter(pooled => now >= pooled.expiresAt).length
}

/** A client by the methods, undeclared in pg's types, that decide whether its socket keeps the process alive. */
export function unreferenced(client: PoolClient): { ref(): void; unref(): void } {
  return client as unknown as { ref(): void; unref(): void }
}
