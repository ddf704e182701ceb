import { type RedisServer, startRedis, type TemporaryDatabase, temporaryDatabase } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import { Pool, type PoolOptions, type Warning } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from 'vitest'

type CacheOptions = Exclude<NonNullable<PoolOptions['cache']>, false>

/** Options of a pool in a test; everything has a default. `redis: undefined`: a cache in this process only. */
export type WorldPoolOptions = Omit<PoolOptions, 'cache'> & {
  readonly cache?: Omit<Partial<CacheOptions>, 'redis'> & {
    readonly redis?: CacheOptions['redis'] | undefined
  }
}

/** A pool that stands for a process of its own, and what it warned of. */
export class TestPool extends Pool {
  readonly warnings: Warning[] = []

  constructor(options: PoolOptions) {
    super(options)
    const emitter = this as NodeJS.EventEmitter
    emitter.on('warning', (warning: Warning) => this.warnings.push(warning))
    this.on('error', () => {})
  }

  /** How often each code was warned of. */
  get warned(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { code } of this.warnings) counts[code] = (counts[code] ?? 0) + 1
    return counts
  }
}

/** A database and a Redis that the tests of a file share. Each test has a namespace and rows of its own. */
export interface World {
  readonly database: TemporaryDatabase
  readonly redis: RedisServer
  /** Writes past Holdfast, and opens and closes the gate. */
  readonly admin: pg.Client
  /** Begins the keys of this test. */
  readonly prefix: string
  /** A pool that ends with the test; it may not be connected to Redis yet. */
  open(options?: WorldPoolOptions): TestPool
  /** A pool whose cache works. */
  pool(options?: WorldPoolOptions): Promise<TestPool>
}

/** Functions said to be immutable, so that reads with them are cached: one waits, one counts. */
export const SCHEMA = `
  CREATE TABLE item (id int PRIMARY KEY, owner int NOT NULL DEFAULT 1, n int NOT NULL DEFAULT 0);
  CREATE TABLE probe (id int PRIMARY KEY);
  CREATE SEQUENCE loads;
  CREATE FUNCTION gate(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN IF n = 0 THEN PERFORM pg_advisory_xact_lock_shared(1); END IF; RETURN n; END';
  CREATE FUNCTION counted(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
    'BEGIN PERFORM nextval(''loads''); RETURN n; END'`

/** What each test begins with. */
const ROWS = `
  TRUNCATE item;
  INSERT INTO item (id) SELECT * FROM generate_series(1, 10);
  ALTER SEQUENCE loads RESTART`

let prefixes = 0

/** The world of this test file. */
export function world(args: readonly string[] = []): World {
  let [database, redis, admin]: [TemporaryDatabase?, RedisServer?, pg.Client?] = []
  let prefix = ''
  beforeAll(async () => {
    database = await temporaryDatabase()
    redis = await startRedis({ args })
    admin = new pg.Client({ connectionString: database.url })
    await admin.connect()
    await admin.query(SCHEMA)
  })
  beforeEach(async () => {
    prefixes += 1
    prefix = `test${prefixes}`
    await admin?.query(ROWS)
  })
  afterAll(async () => {
    await admin?.end()
    await redis?.[Symbol.asyncDispose]()
  })
  const open = ({ cache, ...options }: WorldPoolOptions = {}) =>
    openPool({
      connectionString: database?.url,
      ...options,
      cache: { redis: redis?.url as string, prefix, ...cache },
    })
  return {
    get database() {
      return database as TemporaryDatabase
    },
    get redis() {
      return redis as RedisServer
    },
    get admin() {
      return admin as pg.Client
    },
    get prefix() {
      return prefix
    },
    open,
    pool: async options => ready(open(options)),
  }
}

/** Tables whose reads are cached when a test says nothing else. */
export const TABLES = { item: { ttl: '1h', keys: ['owner'] }, probe: '1h' } as const

/** A pool that ends with the test. A busy machine gets more time to ask Redis than an application would give it. */
export function openPool({ cache, ...options }: WorldPoolOptions): TestPool {
  const settings = { tables: TABLES, redisTimeout: '5s', ...cache } as CacheOptions
  const pool = new TestPool({ max: 5, ...options, cache: settings })
  onTestFinished(async () => {
    if (!pool.ending) await pool.end({ timeout: '1s' })
  })
  return pool
}

/** Resolves when the cache of a pool works, with Redis settled. */
export async function ready(pool: TestPool): Promise<TestPool> {
  await expect
    .poll(async () => (await pool.query('SELECT id FROM probe')).cache, { interval: 5 })
    .toMatchObject({ status: 'hit' })
  return pool
}

/** A read in short: where it came from and what it said. */
export interface Seen {
  readonly n: number | undefined
  readonly from: string
}

export const READ = 'SELECT n FROM item WHERE id = $1'
export const WRITE = 'UPDATE item SET n = $2 WHERE id = $1'

/** Reads one row, by default row 1. `from`: `hit memory`, `miss`, `bypass write-under-way`, … */
export async function see(pool: pg.Pool, text = READ, id = 1): Promise<Seen> {
  const { rows, cache } = await pool.query<{ n: number }>(text, [id])
  const from = [cache?.status, cache?.tier ?? cache?.reason].filter(Boolean).join(' ')
  return { n: rows[0]?.n, from }
}

/** A client of node-redis for what an operator or somebody else does; ends with the test. */
export async function operator(url: string) {
  const client = createClient({ url, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}

export type Operator = Awaited<ReturnType<typeof operator>>

/** The keys of a test that are marked, with how many marks each. */
export async function marks(redis: Operator, prefix: string): Promise<Map<string, number>> {
  const names = await redis.keys(`{${prefix}:*`)
  const found = new Map<string, number>()
  for (const name of names) if ((await redis.type(name)) === 'set') found.set(name, await redis.sCard(name))
  return found
}

/** How often the server has run a command. */
export async function calls(redis: Operator, command: string): Promise<number> {
  const info = await redis.info('commandstats')
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(info)?.[1] ?? 0)
}

/** Resolves when so many backends of the database wait for the gate. */
export async function waitingAtGate(admin: pg.Client, count: number): Promise<void> {
  const text = `SELECT count(*)::int AS n FROM pg_locks
    WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
  await expect.poll(async () => (await admin.query(text)).rows[0].n, { interval: 5 }).toBe(count)
}

export const closeGate = (admin: pg.Client) => admin.query('SELECT pg_advisory_lock(1)')
export const openGate = (admin: pg.Client) => admin.query('SELECT pg_advisory_unlock(1)')

/** Polls until it holds, as long as a busy machine may take. */
export const eventually = <T>(look: () => T | Promise<T>) => expect.poll(look)

/** Reads until the result is known in memory: a stamp that was just made is known from the second reading on. */
export async function warm(pool: Pool, text = READ): Promise<void> {
  await eventually(async () => (await see(pool, text)).from).toBe('hit memory')
}
