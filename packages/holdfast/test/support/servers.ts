import { basename, dirname } from 'node:path'
import { installedPostgres, startPostgres, temporaryDatabase } from '@holdfast/testkit'

/** A server that a suite runs on. */
export interface SuiteServer {
  readonly name: string
  /** An empty database on it. */
  open(): Promise<{ readonly url: string; close(): Promise<void> }>
}

const embedded: SuiteServer = {
  name: 'the embedded PostgreSQL',
  async open() {
    const { url } = await temporaryDatabase()
    return { url, close: async () => {} }
  },
}

/** The newest PostgreSQL of this machine's own: none or one. */
export const SYSTEM_SERVERS: readonly SuiteServer[] = installedPostgres()
  .slice(0, 1)
  .map(binaries => ({
    name: `the system's PostgreSQL ${basename(dirname(binaries))}`,
    async open() {
      const server = await startPostgres({ binaries })
      return { url: server.url, close: () => server[Symbol.asyncDispose]() }
    },
  }))

/** Every server there is. */
export const SERVERS: readonly SuiteServer[] = [embedded, ...SYSTEM_SERVERS]
