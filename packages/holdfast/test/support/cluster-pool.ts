import { setTimeout as delay } from 'node:timers/promises'
import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'

/** A pool that ends with the test. Pauses are long: the promise is that calls wait, not for how long. */
export function clusterPool(options: PoolOptions): Pool {
  const pool = new Pool({ max: 4, connectionTimeoutMillis: 30_000, ...options })
  pool.on('error', () => {})
  onTestFinished(async () => {
    if (!pool.ending) await pool.end({ timeout: 0 })
  })
  return pool
}

/** A primary and a standby that has caught up with it. */
export interface Pair {
  readonly cluster: PostgresCluster
  readonly primary: PostgresServer
  readonly standby: PostgresServer
}

/** Starts a pair with an empty table `notes`; whoever starts it ends the cluster. */
export async function pairWithNotes(): Promise<Pair> {
  const cluster = await startCluster()
  const { primary } = cluster
  const standby = cluster.standbys[0] as PostgresServer
  await outside(primary, 'CREATE TABLE notes (id int PRIMARY KEY, text text)')
  await cluster.caughtUp(standby)
  return { cluster, primary, standby }
}

/** A read that says so, and where it was answered. */
export const READ_PORT = {
  text: "SELECT current_setting('port')::int AS port",
  readOnly: true,
  timeout: '30s',
}

/** On which server a connection is, by its port. */
export const PORT = READ_PORT.text

/** The port of the server that answers. */
export async function portOf(answer: Promise<pg.QueryResult>): Promise<number> {
  return (await answer).rows[0].port
}

/** Proves that a query comes to be answered by a server: on a busy machine one may count as down for a moment. */
export async function eventually(
  query: () => Promise<pg.QueryResult>,
  { port }: PostgresServer,
): Promise<void> {
  await expect.poll(() => portOf(query()), { timeout: 40_000 }).toBe(port)
}

/** Runs a call again until it succeeds, as an application may when the error says that nothing was applied. */
export async function repeated<T>(
  call: () => Promise<T>,
  onError: (error: unknown) => void = () => {},
): Promise<T> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if ((error as { retry?: string }).retry !== 'safe') throw error
      onError(error)
      await delay(5)
    }
  }
}

/** One statement on a server, past every pool. */
export async function outside(server: PostgresServer, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
