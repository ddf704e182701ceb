export type { CacheAccess, CacheClient } from './cache/cache-access.js'
export { type DigisCacheOptions, digisCache } from './cache/digis-cache.js'
export { type Creator, MAX_TERM } from './creators/creator.js'
export type { CreatorService } from './creators/creator-service.js'
export type { SearchHealth } from './creators/search-health.js'
export type { Limits, QueryRunner } from './database/database.js'
export { createDigis, type Digis, type DigisOptions, type DigisPoolOptions, type Scope } from './digis.js'
export {
  DigisError,
  type DigisErrorCode,
  DigisInputError,
  IdempotencyKeyReusedError,
  type InputProblem,
  InsufficientTokensError,
} from './digis-error.js'
export { cacheOptionsFrom, type Environment, poolOptionsFrom } from './environment.js'
export type { HardeningOptions } from './hardening/harden.js'
export type { HealthService } from './health/health-service.js'
export { QueryStatisticsRecorder, type RecorderOptions } from './history/query-statistics-recorder.js'
export type { QueryStatisticsRow } from './history/query-statistics-row.js'
export { MAX_STATISTICS_ROWS, recordQueryStatistics } from './history/record-query-statistics.js'
export { IdempotencyKeyInProgressError } from './idempotency/idempotency-error.js'
export type {
  GivenAnswer,
  IdempotencyService,
  KeyedAnswer,
  KeyedLimits,
} from './idempotency/idempotency-service.js'
export { type KeyedRequest, MAX_IDEMPOTENCY_KEY } from './idempotency/keyed-request.js'
export { type Count, MAX_LIMIT } from './input/amounts.js'
export type { Id } from './input/identifiers.js'
export { type BrokenRule, CITUS_LAYOUT, checkDistribution } from './layouts/check-distribution.js'
export type { Distribution } from './layouts/distribution-queries.js'
export {
  AlreadyReversedError,
  EventReusedError,
  InsufficientFundsError,
  NoSuchTransferError,
} from './ledger/ledger-error.js'
export {
  type Balances,
  type Ledger,
  type LedgerProblem,
  MAX_ORDERS,
  type StatementLine,
  type Transfer,
} from './ledger/ledger-service.js'
export type { Asset, TransferKind } from './ledger/posting.js'
export type { ProviderEvent, ReceivedEvent } from './ledger/provider-event.js'
export {
  MAX_MEMO,
  type OrderFields,
  type OrderOf,
  type OrderOptions,
  type TransferOrder,
} from './ledger/transfer-order.js'
export { type Maintained, maintainNightly } from './maintenance/maintain-nightly.js'
export type { Page, PageRequest } from './paging/page.js'
export { ensurePartitions, maintainPartitions, schedulePartitions } from './partitions/ensure-partitions.js'
export {
  type PartitionByMonth,
  type PartitionedTable,
  partitionByMonth,
} from './partitions/partition-by-month.js'
export type { PartitionChange, PartitionPolicy } from './partitions/partition-policy.js'
export { MAX_PAYMENT, type Payment } from './payments/payment.js'
export type { PaymentService } from './payments/payment-service.js'
export type { Platform } from './platform.js'
export {
  ANONYMOUS,
  APP_SERVICE,
  digisRls,
  enableRowLevelSecurity,
  personIdentity,
} from './row-level-security.js'
export { type MigrateDigisOptions, migrateDigis } from './schema.js'
export { SESSION_TYPES, type Session, type SessionType, type SessionWithPeople } from './sessions/session.js'
export type { SessionService } from './sessions/session-service.js'
export { type CreatorDay, MAX_DAYS } from './stats/creator-day.js'
export type { CreatorDayService } from './stats/creator-day-service.js'
export { refreshCreatorStats } from './stats/creator-stats.js'
export type { Earnings } from './stats/earnings.js'
export type { EarningsService } from './stats/earnings-service.js'
export { type MendedDay, type Reconciled, reconcileCreatorDays } from './stats/reconcile-creator-days.js'
export type { TokenOperation } from './tokens/token-account.js'
export type { TokenService } from './tokens/token-service.js'
export type { UseCases } from './use-cases.js'
export {
  MAX_BIO,
  MAX_PRICE_PER_MIN,
  MAX_PROFILE_PIC_URL,
  type Profile,
  type ProfileChanges,
  type User,
} from './users/user.js'
export { MAX_DISPLAY_NAME } from './users/user-names.js'
export type { CreateUserArguments, UserService } from './users/user-service.js'
