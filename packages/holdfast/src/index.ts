export type { CacheOptions, Consistency, QueryCacheOptions, TableCacheOptions } from './base/cache-options.js'
export type { Duration } from './base/duration.js'
export type { EndOptions } from './base/end-options.js'
export {
  AbortError,
  CacheError,
  CacheUnavailableError,
  ConnectError,
  ConnectionLostError,
  ERROR_CODES,
  type ErrorCategory,
  HoldfastError,
  type HoldfastErrorCode,
  MigrationError,
  OptionsError,
  OutcomeUnknownError,
  OverloadedError,
  PoolEndedError,
  type PoolNumbers,
  PoolTimeoutError,
  QueryTimeoutError,
  type Retry,
  TransactionError,
} from './base/errors.js'
export type { PoolOptions } from './base/options.js'
export type { ReplicaOptions } from './base/replica-options.js'
export type { Logger, Warning } from './base/warning.js'
export type { CacheInfo } from './cache/cache-info.js'
export type { CacheStats } from './cache/cache-stats.js'
export type { Explanation } from './cache/explain.js'
export type { InvalidateOptions, PoolCache } from './cache/pool-cache.js'
export type { RedisClusterOptions, RedisLocation, RedisSentinelOptions } from './cache/redis-source.js'
export type { NodeInfo } from './cluster/node-info.js'
export type { Transaction, TransactionOptions } from './connections/transaction.js'
export { errorCategory } from './driver/sqlstate.js'
export type { QueryExtras } from './driver/to-request.js'
export { type MigrateResult, migrate } from './migrate/migrate.js'
export type {
  MigrationClient,
  MigrationPool,
  MigrationQuery,
  MigrationResult,
} from './migrate/migration-client.js'
export { MigrationFileError } from './migrate/migration-file-error.js'
export type { MigrateOptions, MigrationProgress } from './migrate/options.js'
export type { Health } from './monitoring/health.js'
export type { PoolStats } from './monitoring/pool-stats.js'
export type { QueryMetrics } from './monitoring/query-stats.js'
export { type AcquireOptions, Pool } from './pool.js'
export { quoteIdentifier } from './sql/identifier.js'
export { type Sql, SqlFragment, sql } from './sql/tag.js'
