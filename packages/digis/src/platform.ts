import type {
  AcquireOptions,
  MigrateResult,
  Pool,
  PoolStats,
  QueryMetrics,
  Transaction,
  TransactionOptions,
} from 'holdfast'
import type { PoolClient } from 'pg'
import type { CacheAccess } from './cache/cache-access.js'
import type { HardeningOptions } from './hardening/harden.js'
import { type HealthService, healthService } from './health/health-service.js'
import { migrateDigis } from './schema.js'

/** The part of the DIGIS contract that is about the database itself. */
export interface Platform extends HealthService {
  /** As `pool.query`. */
  readonly query: Pool['query']
  /** The same, under the name that the old platform's code uses. */
  readonly executeQuery: Pool['query']
  /** As `pool.connect`: give the client back with `release()`. */
  getClient(options?: AcquireOptions): Promise<PoolClient>
  /** As `pool.transaction`: COMMIT when the function returns, ROLLBACK when it throws. */
  transaction<T>(work: (tx: Transaction) => Promise<T> | T, options?: TransactionOptions): Promise<T>
  /** The same, under the name that the old platform's code uses. */
  withTransaction<T>(work: (tx: Transaction) => Promise<T> | T, options?: TransactionOptions): Promise<T>
  getPoolStats(): PoolStats
  /** As of now. */
  readonly queryMetrics: QueryMetrics
  /** A small cache of the application's own; see {@link CacheAccess}. */
  readonly cacheUtils: CacheAccess
  /**
   * Creates the schema in an empty database or brings it up to date, each file wholly or not at all; a database of the
   * old platform too.
   *
   * @throws as {@link migrateDigis}
   */
  addMissingColumns(options?: HardeningOptions): Promise<MigrateResult>
}

export function platformOn(pool: Pool, cacheUtils: CacheAccess): Platform {
  const query = pool.query.bind(pool) as Pool['query']
  const transaction: Platform['transaction'] = (work, options) => pool.transaction(work, options)
  return {
    ...healthService(pool),
    query,
    executeQuery: query,
    getClient: options => pool.connect(options),
    transaction,
    withTransaction: transaction,
    getPoolStats: () => pool.stats(),
    get queryMetrics() {
      return pool.stats().queryMetrics
    },
    cacheUtils,
    addMissingColumns: options => migrateDigis(pool, options),
  }
}
