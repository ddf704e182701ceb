import { FaultProxy, temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import pg from 'pg'
import { onTestFinished } from 'vitest'

/** A database behind a proxy that understands PostgreSQL, a pool through it, and somebody who asks past both. */
export interface FaultWorld {
  readonly url: string
  readonly proxy: FaultProxy
  readonly pool: Pool
  readonly outside: pg.Client
  /** A pool of its own through the proxy, ended with the test. */
  openPool(options?: PoolOptions): Pool
  /** A connection of its own, past the proxy, closed with the test. */
  openClient(): Promise<pg.Client>
  /** How often statements with `nextval('runs')` have run: sequences do not roll back. */
  runs(): Promise<number>
  /** Resolves when so many backends wait for a lock. */
  blocked(count?: number): Promise<void>
}

const SCHEMA = `
  CREATE SEQUENCE runs;
  CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0);
  INSERT INTO items VALUES (1), (2);
  CREATE FUNCTION fail_with(code text) RETURNS int VOLATILE LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = code; END $$;
  CREATE FUNCTION gate(key bigint) RETURNS boolean VOLATILE LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(key); RETURN true; END $$;`

const BLOCKED = `
  SELECT count(*)::int AS n FROM pg_stat_activity
   WHERE datname = current_database() AND wait_event_type = 'Lock'`

/** Starts a world that ends with the test. */
export async function openFaultWorld(options: PoolOptions = {}, url?: string): Promise<FaultWorld> {
  const database = url ?? (await temporaryDatabase()).url
  const proxy = await FaultProxy.start(Number(new URL(database).port), { protocol: 'postgres' })
  onTestFinished(() => proxy[Symbol.asyncDispose]())
  const openClient = async () => {
    const client = new pg.Client({ connectionString: database })
    client.on('error', () => undefined)
    await client.connect()
    onTestFinished(() => client.end().catch(() => undefined))
    return client
  }
  const outside = await openClient()
  await outside.query(SCHEMA)
  const openPool = (given: PoolOptions = {}) => {
    const pool = new Pool({ connectionString: proxy.url(database), max: 2, ...options, ...given })
    pool.on('error', () => undefined)
    onTestFinished(() => pool.end({ timeout: 5_000 }))
    return pool
  }
  return {
    url: database,
    proxy,
    pool: openPool(),
    outside,
    openPool,
    openClient,
    async runs() {
      const { rows } = await outside.query('SELECT last_value::int * is_called::int AS n FROM runs')
      return rows[0].n
    },
    async blocked(count = 1) {
      for (let waiting = 0; waiting < count; ) waiting = (await outside.query(BLOCKED)).rows[0].n
    },
  }
}
