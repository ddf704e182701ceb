import { keepProcess } from './kept-processes.js'
import { preparePostgres, startPostgres } from './postgres-server.js'
import { createDatabase, type TestDatabase } from './test-database.js'

/** A database of a test file's own on the server that all test files share. */
export interface TemporaryDatabase extends TestDatabase {
  /** The superuser's URL of the maintenance database on the same server. */
  readonly adminUrl: string
}

/** Where the global setup of a test run leaves the URL of the shared server for the test files. */
const SHARED_SERVER = 'HOLDFAST_TESTKIT_SERVER'

const open = new Set<TemporaryDatabase>()
let ownServer: Promise<string> | undefined

/**
 * Starts the server that the test files of this run share: call it once, in the global setup of the test runner.
 *
 * @returns a function that ends the server
 */
export async function shareServer(): Promise<() => Promise<void>> {
  // Test files run side by side, each with pools of its own.
  const server = await preparePostgres({ settings: { max_connections: 500, max_prepared_transactions: 10 } })
  if (process.platform !== 'win32') await server.offerAsTemplate()
  await server.start()
  process.env[SHARED_SERVER] = server.url
  return async () => {
    delete process.env[SHARED_SERVER]
    await server[Symbol.asyncDispose]()
  }
}

/**
 * A fresh, empty database; outside a test run with a shared server, on a server that this process starts for
 * itself. {@link dropTemporaryDatabases} drops it after the test file.
 *
 * @param options.template a database to copy instead, to which nobody may be connected
 */
export async function temporaryDatabase(options: { template?: string } = {}): Promise<TemporaryDatabase> {
  const adminUrl = process.env[SHARED_SERVER] ?? (await ownServerUrl())
  const created = await createDatabase(adminUrl, options.template)
  const database: TemporaryDatabase = {
    ...created,
    adminUrl,
    async drop() {
      open.delete(database)
      await created.drop()
    },
  }
  open.add(database)
  return database
}

/** The databases that this process has made and not dropped yet. */
export function temporaryDatabases(): readonly TemporaryDatabase[] {
  return [...open]
}

/** Drops every database that this process made. */
export async function dropTemporaryDatabases(): Promise<void> {
  await Promise.all(temporaryDatabases().map(database => database.drop()))
}

/** A server for a process that runs without a shared one; started once. */
function ownServerUrl(): Promise<string> {
  ownServer ??= startPostgres().then(server => {
    keepProcess(server.guardianPid)
    return server.url
  })
  return ownServer
}
