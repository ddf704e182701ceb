import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type PostgresOptions, type PostgresServer, startPostgres } from './postgres-server.js'
import type { Settings } from './postgres-settings.js'
import { primaryConnection } from './standby-data.js'

/** How a cluster is started. */
export interface ClusterOptions {
  /** Hot standbys besides the primary. Default: 1. */
  readonly standbys?: number
  /** Settings of every server. */
  readonly settings?: Settings
  /** The bin folder of an installed PostgreSQL. Default: the embedded PostgreSQL 18. */
  readonly binaries?: string
}

/** Milliseconds between two looks at something that no event announces. */
const POLL = 10

/**
 * Starts a primary and hot standbys that stream from it, on 127.0.0.1, all with the same password.
 *
 * @throws Error with the words of the server that does not start
 */
export async function startCluster({
  standbys = 1,
  ...options
}: ClusterOptions = {}): Promise<PostgresCluster> {
  const every: PostgresOptions = { ...options, settings: { wal_keep_size: '256MB', ...options.settings } }
  const primary = await startPostgres(every)
  const cluster = new PostgresCluster(primary)
  try {
    for (let i = 0; i < standbys; i++) await cluster.add(await startPostgres({ ...every, follows: primary }))
  } catch (error) {
    await cluster[Symbol.asyncDispose]()
    throw error
  }
  return cluster
}

/** A primary and its standbys, which can be made to fail like real ones. */
export class PostgresCluster {
  /** In the order of their start; the first was the primary at first. */
  readonly servers: PostgresServer[]
  #primary: PostgresServer

  constructor(primary: PostgresServer) {
    this.servers = [primary]
    this.#primary = primary
  }

  /** The server that was the primary at first, or was promoted last. */
  get primary(): PostgresServer {
    return this.#primary
  }

  get standbys(): PostgresServer[] {
    return this.servers.filter(server => server !== this.#primary)
  }

  /** One URL that names every server, in the order of {@link PostgresCluster.servers}. */
  url({ database = 'postgres', parameters = '' }: { database?: string; parameters?: string } = {}): string {
    const { user, password } = this.#primary
    const hosts = this.servers.map(({ host, port }) => `${host}:${port}`).join(',')
    return `postgres://${user}:${password}@${hosts}/${database}${parameters && `?${parameters}`}`
  }

  /** Takes a standby in. Resolves when it streams. */
  async add(standby: PostgresServer): Promise<void> {
    this.servers.push(standby)
    await this.caughtUp(standby)
  }

  /**
   * Makes a standby the primary and lets the other standbys that run follow it. The old primary is left as it is:
   * whoever wants it dead or frozen does that first.
   */
  async promote(standby: PostgresServer = this.standbys[0] as PostgresServer): Promise<PostgresServer> {
    const old = this.#primary
    await ask(standby, 'SELECT pg_promote(wait => true)')
    this.#primary = standby
    for (const other of this.standbys) {
      if (other === old || other.pid === undefined) continue
      await ask(other, `ALTER SYSTEM SET primary_conninfo = '${primaryConnection(standby.url)}'`)
      await ask(other, 'SELECT pg_reload_conf()')
    }
    return standby
  }

  /** Stops a standby from replaying what it receives; what it knew stays readable. */
  async pauseReplay(standby: PostgresServer): Promise<void> {
    await ask(standby, 'SELECT pg_wal_replay_pause()')
    await until(standby, "SELECT pg_get_wal_replay_pause_state() = 'paused' AS done")
  }

  async resumeReplay(standby: PostgresServer): Promise<void> {
    await ask(standby, 'SELECT pg_wal_replay_resume()')
  }

  /** Resolves when a standby has replayed everything that the primary has written so far. */
  async caughtUp(standby: PostgresServer): Promise<void> {
    const [row] = await ask(this.#primary, 'SELECT pg_current_wal_flush_lsn()::text AS lsn')
    await until(standby, `SELECT coalesce(pg_last_wal_replay_lsn() >= '${row?.lsn}', false) AS done`)
  }

  /** Stops every server and removes its data. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.servers.map(server => server[Symbol.asyncDispose]()))
  }
}

/** Asks until the answer is yes. */
async function until(server: PostgresServer, question: string): Promise<void> {
  while (!(await ask(server, question))[0]?.done) await delay(POLL)
}

/** Runs one statement on a connection of its own. */
async function ask({ url }: PostgresServer, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}
