export { type CertificateAuthority, certificateAuthority } from './certificate-authority.js'
export { type FakeClock, fakeClock } from './fake-clock.js'
export type { Fault } from './fault-proxy/armed-fault.js'
export {
  type FaultPlan,
  type FaultPlanOptions,
  faultPlan,
  type SeededFaultPlan,
} from './fault-proxy/fault-plan.js'
export type { FaultAction, FaultCondition, FaultPoint, FaultRule } from './fault-proxy/fault-rule.js'
export type { Direction, Protocol } from './fault-proxy/message.js'
export { FaultProxy, type FaultProxyOptions } from './fault-proxy.js'
export { afterFile, cleanUpFile } from './file-cleanup.js'
export { findProgram } from './find-program.js'
export { freePort } from './free-port.js'
export type {
  Begin,
  Change,
  End,
  HistoryEvent,
  Mark,
  Origin,
  Outcome,
  Read,
  Scope,
} from './history/events.js'
export { type CheckerOptions, HistoryChecker } from './history/history-checker.js'
export { HistoryReader } from './history/history-reader.js'
export { type Ending, HistoryRecorder, type RecorderOptions } from './history/history-recorder.js'
export { machineTime } from './history/machine-time.js'
export type { State, WriteStory } from './history/register.js'
export type { Violation, ViolationKind } from './history/violation.js'
export { installedPostgres } from './installed-postgres.js'
export { isForgotten } from './is-forgotten.js'
export { type LeakTracker, trackLeaks } from './leaks.js'
export type { PoolMode } from './pgbouncer-files.js'
export { type PgBouncerOptions, PgBouncerServer, startPgBouncer } from './pgbouncer-server.js'
export { type ClusterOptions, PostgresCluster, startCluster } from './postgres-cluster.js'
export {
  type PostgresOptions,
  PostgresServer,
  type StopMode,
  startPostgres,
} from './postgres-server.js'
export type { TlsIdentity } from './postgres-settings.js'
export { commandLine, descendants, isAlive } from './process-tree.js'
export {
  type PrometheusAlert,
  type PrometheusOptions,
  type PrometheusSample,
  PrometheusServer,
  startPrometheus,
} from './prometheus-server.js'
export { type SeededRandom, seededRandom } from './random.js'
export { reachableFolder } from './reachable-folder.js'
export { type RedisOptions, RedisServer, startRedis } from './redis-server.js'
export { newPassword, registerSecret } from './secrets.js'
export { startTcpProxy, type TcpProxy, type TcpProxyOptions } from './tcp-proxy.js'
export {
  dropTemporaryDatabases,
  shareServer,
  type TemporaryDatabase,
  temporaryDatabase,
} from './temporary-database.js'
export type { TestDatabase } from './test-database.js'
export type { Answer, Executor, Session, Statement, Subject } from './workload/subject.js'
export { SCHEMA as WORKLOAD_SCHEMA, STATES as WORKLOAD_STATES } from './workload/tables.js'
export { runWorkload, type WorkloadOptions } from './workload/workload.js'
