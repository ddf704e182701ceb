import type { Check } from './check.js'
import { archiverAndLag } from './checks/archiver-and-lag.js'
import { balanceWithoutLowerBound } from './checks/balance-without-lower-bound.js'
import { blockedQueries } from './checks/blocked-queries.js'
import { booleanIndex } from './checks/boolean-index.js'
import { brinCandidate } from './checks/brin-candidate.js'
import { btreeOnContainer } from './checks/btree-on-container.js'
import { cacheHitRatio } from './checks/cache-hit-ratio.js'
import { cascadeDeleteIntoMoney } from './checks/cascade-delete-into-money.js'
import { caseSensitiveIdentity } from './checks/case-sensitive-identity.js'
import { clientTimeouts } from './checks/client-timeouts.js'
import { collationVersionMismatch } from './checks/collation-version-mismatch.js'
import { connectionNotEncrypted } from './checks/connection-not-encrypted.js'
import { connectionSaturation } from './checks/connection-saturation.js'
import { constraintNotValidated } from './checks/constraint-not-validated.js'
import { cronJobFailing } from './checks/cron-job-failing.js'
import { dangerousSettings } from './checks/dangerous-settings.js'
import { databaseTroubles } from './checks/database-troubles.js'
import { deadTuples } from './checks/dead-tuples.js'
import { defaultPrivilegesOpen } from './checks/default-privileges-open.js'
import { definerExecutable } from './checks/definer-executable.js'
import { definerSearchPath } from './checks/definer-search-path.js'
import { disabledTrigger } from './checks/disabled-trigger.js'
import { duplicateFk } from './checks/duplicate-fk.js'
import { duplicateIndex } from './checks/duplicate-index.js'
import { extensionInPublic } from './checks/extension-in-public.js'
import { externalIdNotUnique } from './checks/external-id-not-unique.js'
import { fkTypeMismatch } from './checks/fk-type-mismatch.js'
import { fkWithoutIndex } from './checks/fk-without-index.js'
import { idColumnWithoutFk } from './checks/id-column-without-fk.js'
import { idleInTransaction } from './checks/idle-in-transaction.js'
import { ilikeWithoutTrigrams } from './checks/ilike-without-trigrams.js'
import { inactiveSlot } from './checks/inactive-slot.js'
import { indexBloat } from './checks/index-bloat.js'
import { inexactMoney } from './checks/inexact-money.js'
import { invalidIndex } from './checks/invalid-index.js'
import { largeUnpartitioned } from './checks/large-unpartitioned.js'
import { leakedSessionState } from './checks/leaked-session-state.js'
import { ledgerMutable } from './checks/ledger-mutable.js'
import { ledgerOutOfBalance } from './checks/ledger-out-of-balance.js'
import { loginBypassesRls } from './checks/login-bypasses-rls.js'
import { lowHotRatio } from './checks/low-hot-ratio.js'
import { matviewReadableByApi } from './checks/matview-readable-by-api.js'
import { matviewWithoutUniqueIndex } from './checks/matview-without-unique-index.js'
import { migrationState } from './checks/migration-state.js'
import { misplacedKey } from './checks/misplaced-key.js'
import { multiplePermissivePolicies } from './checks/multiple-permissive-policies.js'
import { mutableFkTarget } from './checks/mutable-fk-target.js'
import { awkwardName } from './checks/names.js'
import { narrowIntegerKey } from './checks/narrow-integer-key.js'
import { noApplicationName } from './checks/no-application-name.js'
import { noPrimaryKey } from './checks/no-primary-key.js'
import { nullHeavyIndex } from './checks/null-heavy-index.js'
import { nullableInUnique } from './checks/nullable-in-unique.js'
import { outdatedType } from './checks/outdated-type.js'
import { outdatedVersion } from './checks/outdated-version.js'
import { partitionGap } from './checks/partition-gap.js'
import { policyAlwaysTrue } from './checks/policy-always-true.js'
import { policyButRlsOff } from './checks/policy-but-rls-off.js'
import { policyCastsColumn } from './checks/policy-casts-column.js'
import { policyColumnWithoutIndex } from './checks/policy-column-without-index.js'
import { policyToPublic } from './checks/policy-to-public.js'
import { policyTrustsUserMetadata } from './checks/policy-trusts-user-metadata.js'
import { policyWithoutInitplan } from './checks/policy-without-initplan.js'
import { poolSize } from './checks/pool-size.js'
import { poolerMode } from './checks/pooler-mode.js'
import { poolerQueue } from './checks/pooler-queue.js'
import { publicCanCreate } from './checks/public-can-create.js'
import { randomUuidKey } from './checks/random-uuid-key.js'
import { redundantPrefix } from './checks/redundant-prefix.js'
import { regTypes } from './checks/reg-types.js'
import { rlsDisabled } from './checks/rls-disabled.js'
import { rlsWithoutPolicy } from './checks/rls-without-policy.js'
import { sameNameOtherType } from './checks/same-name-other-type.js'
import { sensitiveColumnReadable } from './checks/sensitive-column-readable.js'
import { seqScanHeavy } from './checks/seq-scan-heavy.js'
import { sequenceExhaustion } from './checks/sequence-exhaustion.js'
import { sessionEconomy } from './checks/session-economy.js'
import { slowQueries } from './checks/slow-queries.js'
import { staleMatview } from './checks/stale-matview.js'
import { staleStatistics } from './checks/stale-statistics.js'
import { statusWithoutCheck } from './checks/status-without-check.js'
import { supabaseExposure } from './checks/supabase-exposure.js'
import { tableBloat } from './checks/table-bloat.js'
import { timeoutsUnset } from './checks/timeouts-unset.js'
import { timestampWithoutTimeZone } from './checks/timestamp-without-time-zone.js'
import { toastHeavy } from './checks/toast-heavy.js'
import { tooManyIndexes } from './checks/too-many-indexes.js'
import { unloggedTable } from './checks/unlogged-table.js'
import { unusedIndex } from './checks/unused-index.js'
import { updatedAtWithoutTrigger } from './checks/updated-at-without-trigger.js'
import { uuidAsText } from './checks/uuid-as-text.js'
import { viewBypassesRls } from './checks/view-bypasses-rls.js'
import { weakLogins } from './checks/weak-logins.js'
import { wideIndex } from './checks/wide-index.js'
import { wraparound } from './checks/wraparound.js'
import { xminHorizon } from './checks/xmin-horizon.js'

/** Every check, in the order of the ids. */
export const CHECKS: readonly Check[] = [
  noPrimaryKey,
  fkTypeMismatch,
  sameNameOtherType,
  idColumnWithoutFk,
  constraintNotValidated,
  narrowIntegerKey,
  sequenceExhaustion,
  timestampWithoutTimeZone,
  inexactMoney,
  outdatedType,
  uuidAsText,
  statusWithoutCheck,
  balanceWithoutLowerBound,
  externalIdNotUnique,
  caseSensitiveIdentity,
  cascadeDeleteIntoMoney,
  duplicateFk,
  nullableInUnique,
  disabledTrigger,
  unloggedTable,
  collationVersionMismatch,
  updatedAtWithoutTrigger,
  awkwardName,
  ledgerOutOfBalance,
  migrationState,
  mutableFkTarget,
  fkWithoutIndex,
  invalidIndex,
  duplicateIndex,
  redundantPrefix,
  unusedIndex,
  seqScanHeavy,
  nullHeavyIndex,
  booleanIndex,
  btreeOnContainer,
  wideIndex,
  tooManyIndexes,
  matviewWithoutUniqueIndex,
  randomUuidKey,
  policyColumnWithoutIndex,
  brinCandidate,
  indexBloat,
  misplacedKey,
  ilikeWithoutTrigrams,
  rlsDisabled,
  policyButRlsOff,
  rlsWithoutPolicy,
  loginBypassesRls,
  policyAlwaysTrue,
  policyToPublic,
  policyTrustsUserMetadata,
  policyWithoutInitplan,
  multiplePermissivePolicies,
  policyCastsColumn,
  viewBypassesRls,
  matviewReadableByApi,
  definerSearchPath,
  definerExecutable,
  ledgerMutable,
  publicCanCreate,
  extensionInPublic,
  sensitiveColumnReadable,
  connectionNotEncrypted,
  supabaseExposure,
  defaultPrivilegesOpen,
  weakLogins,
  cacheHitRatio,
  deadTuples,
  staleStatistics,
  lowHotRatio,
  databaseTroubles,
  partitionGap,
  largeUnpartitioned,
  slowQueries,
  tableBloat,
  toastHeavy,
  staleMatview,
  wraparound,
  xminHorizon,
  blockedQueries,
  inactiveSlot,
  timeoutsUnset,
  dangerousSettings,
  outdatedVersion,
  archiverAndLag,
  regTypes,
  cronJobFailing,
  connectionSaturation,
  idleInTransaction,
  sessionEconomy,
  leakedSessionState,
  noApplicationName,
  poolerMode,
  poolSize,
  poolerQueue,
  clientTimeouts,
]
