export type { AcquireOptions } from './base/acquire-options.js'
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
  type OverloadReason,
  PoolEndedError,
  type PoolNumbers,
  PoolTimeoutError,
  QueryTimeoutError,
  type Retry,
  TransactionError,
  UnavailableError,
} from './base/errors.js'
export type { IdentityOptions } from './base/identity.js'
export type { PoolOptions, RetryOptions } from './base/options.js'
export type { OverloadOptions } from './base/overload-options.js'
export type { PoolerMode, PoolerOption } from './base/pooler-options.js'
export type { Priority } from './base/priority.js'
export type { ReplicaOptions } from './base/replica-options.js'
export type { UtilizationAlertOptions } from './base/report-options.js'
export type { OptInCode } from './base/retry-action.js'
export type { RlsOptions } from './base/rls-options.js'
export type { SlowQueryOptions } from './base/slow-query-options.js'
export type { StatisticsOptions } from './base/statistics-options.js'
export type { TelemetryOptions } from './base/telemetry-options.js'
export type { Logger, Warning } from './base/warning.js'
export type { CacheInfo } from './cache/cache-info.js'
export type { CacheStats } from './cache/cache-stats.js'
export type { Explanation } from './cache/explain.js'
export type { ExplainOptions, InvalidateOptions, PoolCache } from './cache/pool-cache.js'
export type { RedisClusterOptions, RedisLocation, RedisSentinelOptions } from './cache/redis-source.js'
export type { NodeInfo } from './cluster/node-info.js'
export type { PoolAs } from './connections/pool-as.js'
export type { TransactionOutcome } from './connections/resolve-outcome.js'
export type { Transaction, TransactionOptions } from './connections/transaction.js'
export { readBaseline, writeBaseline } from './doctor/baseline.js'
export type { Category as CheckCategory, Severity } from './doctor/check.js'
export type { ClientFacts, ClientTimeouts, SessionFeature } from './doctor/client-facts.js'
export { doctor } from './doctor/doctor.js'
export type { BorrowedDoctorClient, DoctorClient, DoctorPool } from './doctor/doctor-client.js'
export { type DescribedCheck, DOCTOR_CHECKS, explainCheck } from './doctor/explain.js'
export { formatReport, type ReportFormat } from './doctor/format-report.js'
export type { DoctorOptions, MigrationFault } from './doctor/options.js'
export { type DoctorReport, exitCodeOf, type Finding, type SkippedCheck } from './doctor/report.js'
export type { TextOptions as ReportTextOptions } from './doctor/report-text.js'
export { errorCategory } from './driver/sqlstate.js'
export type { QueryExtras } from './driver/to-request.js'
export { type BaselineOptions, baselineMigrations } from './migrate/baseline.js'
export type { CatalogDrift, CatalogFingerprint } from './migrate/catalog-fingerprint.js'
export { findMigrationHistories } from './migrate/find-histories.js'
export { catalogFingerprint } from './migrate/fingerprint-of.js'
export {
  type FingerprintComparison,
  type InspectOptions,
  inspectMigrations,
  type MigrationInspection,
} from './migrate/inspect.js'
export { type MigrateResult, migrate } from './migrate/migrate.js'
export type {
  MigrationClient,
  MigrationPool,
  MigrationQuery,
  MigrationResult,
} from './migrate/migration-client.js'
export { MigrationFileError } from './migrate/migration-file-error.js'
export type { MigrationProblem, MigrationState } from './migrate/migration-state.js'
export type { CommandProgress, MigrateOptions, MigrationProgress } from './migrate/options.js'
export {
  REPAIRABLE,
  type RepairAction,
  type Repairable,
  type RepairOptions,
  repairMigrations,
} from './migrate/repair.js'
export type { StatementLock } from './migrate/trace/lock-observer.js'
export type { OwnedPool } from './migrate/trace/shadow-database.js'
export {
  type MigrationTrace,
  type TracedFile,
  type TraceOptions,
  type TraceWarning,
  traceMigrations,
} from './migrate/trace/trace.js'
export type { TracedStatement } from './migrate/trace/trace-file.js'
export type { Health } from './monitoring/health.js'
export type { LatencyBucket } from './monitoring/latency-histogram.js'
export { METRICS_CONTENT_TYPE, type MetricsFormat } from './monitoring/metrics/prometheus-text.js'
export type { DescribedPooler, DescribedServer, PoolDescription } from './monitoring/pool-description.js'
export type { MetricsOptions } from './monitoring/pool-monitor.js'
export type { CacheNumbers, PoolStats } from './monitoring/pool-stats.js'
export type { QueryMetrics } from './monitoring/query-stats.js'
export type { QueryCounts } from './monitoring/statement-counters.js'
export type {
  StatementOrder,
  StatementSnapshot,
  StatementStats,
  StatementsOptions,
} from './monitoring/statement-stats.js'
export type { SlowRun } from './monitoring/statement-table.js'
export { Pool } from './pool.js'
export { quoteIdentifier } from './sql/identifier.js'
export { type Sql, SqlFragment, sql } from './sql/tag.js'
