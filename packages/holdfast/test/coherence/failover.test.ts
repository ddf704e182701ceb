import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import type { Pool } from 'holdfast'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clusterPool, outside, repeated } from '../support/cluster-pool.js'
import { rejection } from '../support/contender.js'

let cluster: PostgresCluster
let primary: PostgresServer
let standby: PostgresServer

beforeEach(async () => {
  cluster = await startCluster()
  primary = cluster.primary
  standby = cluster.standbys[0] as PostgresServer
  await outside(primary, 'CREATE TABLE users (id int PRIMARY KEY, name text)')
  await outside(primary, "INSERT INTO users VALUES (1, 'old')")
  await cluster.caughtUp(standby)
})
afterEach(() => cluster?.[Symbol.asyncDispose]())

const READ = { text: 'SELECT name FROM users WHERE id = 1', timeout: '30s' }

function cachedPool(): Pool {
  const connectionString = cluster.url({ parameters: 'target_session_attrs=primary' })
  return clusterPool({ connectionString, cache: { tables: { users: '1h' } } })
}

/** The standby receives nothing any more, as behind a broken network. */
async function cutOff(): Promise<void> {
  await outside(standby, "ALTER SYSTEM SET primary_conninfo = ''")
  await outside(standby, 'SELECT pg_reload_conf()')
  const receivers = () => outside(standby, 'SELECT pid FROM pg_stat_wal_receiver')
  await expect.poll(receivers, { timeout: 30_000 }).toEqual([])
}

async function keep(pool: Pool, name: string): Promise<void> {
  await pool.query(READ)
  const kept = await pool.query(READ)
  expect(kept.rows).toEqual([{ name }])
  expect(kept.cache).toMatchObject({ status: 'hit' })
}

test('after a failover that lost a write nothing is served that was kept before (H18)', async () => {
  const pool = cachedPool()
  await pool.query(READ)
  await cutOff()
  await pool.query("UPDATE users SET name = 'lost' WHERE id = 1")
  await keep(pool, 'lost')
  await primary.kill()
  await cluster.promote()
  await expect
    .poll(async () => (await repeated(() => pool.query(READ))).rows, { timeout: 30_000 })
    .toEqual([{ name: 'old' }])
  await keep(pool, 'old')
})

test('a pool whose connections hang notices a failover as well, although none of them was lost (H18)', async () => {
  const pool = cachedPool()
  await pool.query(READ)
  await cutOff()
  await pool.query("UPDATE users SET name = 'lost' WHERE id = 1")
  await keep(pool, 'lost')
  primary.pause()
  await cluster.promote()
  await expect
    .poll(async () => (await repeated(() => pool.query(READ))).rows, { timeout: 30_000 })
    .toEqual([{ name: 'old' }])
  await repeated(() => pool.query("UPDATE users SET name = 'new' WHERE id = 1"))
  await keep(pool, 'new')
  primary.resume()
})

test('a write whose fate went down with the old primary does not keep its table out of the cache (H18, H24)', async () => {
  const pool = cachedPool()
  await keep(pool, 'old')
  await cutOff()
  // So far ahead that the standby has not heard of the transaction.
  await outside(
    primary,
    'DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$',
  )
  await outside(primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
  await outside(primary, 'SELECT pg_reload_conf()')
  const told = rejection(
    pool.query({ text: "UPDATE users SET name = 'unknown' WHERE id = 1", timeout: '60s' }),
  )
  const waiting = () => outside(primary, "SELECT 1 AS one FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
  await expect.poll(waiting, { timeout: 30_000 }).toEqual([{ one: 1 }])
  await primary.kill()
  await cluster.promote()
  expect(await told).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', retry: 'unknown' })
  const status = async () => (await repeated(() => pool.query(READ))).cache?.status
  await expect.poll(status, { timeout: 30_000 }).toBe('hit')
  expect((await pool.query(READ)).rows).toEqual([{ name: 'old' }])
})
