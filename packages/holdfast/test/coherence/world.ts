import { type TcpProxy, temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import pg from 'pg'
import { expect, onTestFinished } from 'vitest'

/** A read whose result is kept: its text and its values. */
export type Read = readonly [text: string, ...values: unknown[]]

/** A database of a test file's own, the pool under test, and somebody who asks past it. */
export interface World {
  readonly url: string
  readonly pool: Pool
  /** A connection that no cache stands before: it says what is true, and holds locks. */
  readonly outside: pg.Client
  /** Asks for each of the reads twice and proves that the second answer came from the cache. */
  keep(...reads: readonly Read[]): Promise<void>
  /** Proves that each of the reads is answered as the database answers at this moment. */
  expectCurrent(...reads: readonly Read[]): Promise<void>
  /**
   * Proves that a write shows in reads whose results were kept before: each is answered as the database answers, and
   * at least one of the answers has changed.
   */
  expectSeen(write: () => Promise<unknown>, ...reads: readonly Read[]): Promise<void>
  /** Runs something on a borrowed client that is closed afterwards: it may have been left with settings of its own. */
  aside<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  /** How the next answer to a read comes about. */
  statusOf(...read: Read): Promise<string | undefined>
  /** Closes gate `key`: whoever runs `SELECT gate(key)` waits. The result opens it; so does the end of the test. */
  closeGate(key: number): Promise<() => Promise<void>>
  /** Resolves when some backend waits at gate `key`. */
  reached(key: number): Promise<void>
  close(): Promise<void>
}

/** What a test file starts with. */
export interface WorldOptions {
  readonly schema: string
  readonly cache: Exclude<PoolOptions['cache'], false | undefined>
  /** What stands between the pool and the server. */
  readonly through?: (port: number) => Promise<TcpProxy>
  readonly options?: Omit<PoolOptions, 'cache' | 'connectionString'>
}

/** A gate that is open unless the test has closed it: an advisory lock that is taken for a moment. */
const GATE = `
  CREATE FUNCTION gate(key bigint) RETURNS boolean VOLATILE LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(key); RETURN true; END $$;`

/** Starts a world; the file closes it when it is done. */
export async function openWorld({ schema, cache, through, options }: WorldOptions): Promise<World> {
  const { url } = await temporaryDatabase()
  const outside = new pg.Client({ connectionString: url })
  await outside.connect()
  await outside.query(GATE + schema)
  const proxy = await through?.(Number(new URL(url).port))
  const pool = new Pool({ connectionString: proxy?.url(url) ?? url, max: 4, ...options, cache })
  const world: World = {
    url,
    pool,
    outside,
    keep: async (...reads) => {
      for (const [text, ...values] of reads) {
        await pool.query(text, values)
        expect((await pool.query(text, values)).cache, text).toMatchObject({ status: 'hit' })
      }
    },
    expectCurrent: async (...reads) => {
      for (const [text, ...values] of reads) {
        const truth = (await outside.query(text, values)).rows
        expect((await pool.query(text, values)).rows, `${text} ${values}`).toEqual(truth)
      }
    },
    expectSeen: async (write, ...reads) => {
      const answers = () =>
        Promise.all(reads.map(async ([text, ...values]) => (await outside.query(text, values)).rows))
      await world.keep(...reads)
      const before = await answers()
      await write()
      expect(await answers(), 'the write changes what is read').not.toEqual(before)
      await world.expectCurrent(...reads)
    },
    aside: async work => {
      const client = await pool.connect()
      return work(client).finally(() => client.release(true))
    },
    statusOf: async (text, ...values) => (await pool.query(text, values)).cache?.status,
    closeGate: key => closeGate(outside, key),
    reached: key => reached(outside, key),
    close: async () => {
      await pool.end()
      await outside.end()
    },
  }
  return world
}

async function closeGate(outside: pg.Client, key: number): Promise<() => Promise<void>> {
  await outside.query('SELECT pg_advisory_lock($1)', [key])
  let closed = true
  const open = async () => {
    if (closed) await outside.query('SELECT pg_advisory_unlock($1)', [key])
    closed = false
  }
  onTestFinished(open)
  return open
}

/** Polls, because the server tells nobody when somebody begins to wait. */
async function reached(outside: pg.Client, key: number): Promise<void> {
  const waiting = `SELECT count(*)::int AS n FROM pg_locks
    WHERE locktype = 'advisory' AND objid = $1 AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  await expect.poll(async () => (await outside.query(waiting, [key])).rows[0]?.n, { interval: 5 }).toBe(1)
}
