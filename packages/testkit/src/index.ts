export { freePort } from './free-port.js'
export {
  type PostgresOptions,
  PostgresServer,
  type StopMode,
  startPostgres,
  type TestDatabase,
} from './postgres-server.js'
export { reachableFolder } from './reachable-folder.js'
export { newPassword, registerSecret } from './secrets.js'
export {
  dropTemporaryDatabases,
  shareServer,
  type TemporaryDatabase,
  temporaryDatabase,
} from './temporary-database.js'
