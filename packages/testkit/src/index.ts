export { type CertificateAuthority, certificateAuthority } from './certificate-authority.js'
export { type FakeClock, fakeClock } from './fake-clock.js'
export { findProgram } from './find-program.js'
export { freePort } from './free-port.js'
export { installedPostgres } from './installed-postgres.js'
export { type LeakTracker, trackLeaks } from './leaks.js'
export {
  type PostgresOptions,
  PostgresServer,
  type StopMode,
  startPostgres,
} from './postgres-server.js'
export type { TlsIdentity } from './postgres-settings.js'
export { commandLine, descendants, isAlive } from './process-tree.js'
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
