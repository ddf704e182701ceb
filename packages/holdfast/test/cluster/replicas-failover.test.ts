import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import type { Pool } from 'holdfast'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clusterPool, eventually, outside, PORT, portOf, repeated } from '../support/cluster-pool.js'

let cluster: PostgresCluster
let primary: PostgresServer
let heir: PostgresServer
let other: PostgresServer
let pool: Pool

beforeEach(async () => {
  cluster = await startCluster({ standbys: 2 })
  primary = cluster.primary
  ;[heir, other] = cluster.standbys as [PostgresServer, PostgresServer]
  await outside(primary, 'CREATE TABLE notes (id int PRIMARY KEY)')
  for (const standby of cluster.standbys) await cluster.caughtUp(standby)
  pool = clusterPool({ connectionString: cluster.url(), replicas: { standbys: true } })
  await pool.query(PORT)
  const serving = () => pool.nodes().filter(({ reads }) => reads === 'serving').length
  await expect.poll(serving, { timeout: 30_000 }).toBe(2)
})
afterEach(() => cluster?.[Symbol.asyncDispose]())

const OLD = { text: PORT, readOnly: true, after: '0-0' }
const readsOf = ({ port }: PostgresServer) => pool.nodes().find(node => node.port === port)?.reads

test('reads that need nothing new are answered by standbys while there is no primary', async () => {
  await primary.kill()
  for (let i = 0; i < 20; i++) expect(await portOf(pool.query(OLD))).not.toBe(primary.port)
  expect(pool.nodes().some(({ role }) => role === 'primary')).toBe(false)
})

test('after a failover writes are seen in the reads of the standby that follows the new primary', async () => {
  await primary.kill()
  await cluster.promote(heir)
  for (let id = 1; id <= 20; id++) {
    await repeated(() => pool.query(`INSERT INTO notes VALUES (${id})`))
    const read = { text: 'SELECT count(*)::int AS n FROM notes', readOnly: true }
    expect((await pool.query(read)).rows).toEqual([{ n: id }])
  }
  await eventually(() => pool.query({ text: PORT, readOnly: true }), other)
})

test('a standby that still follows the old primary gets no reads any more, however far it is', async () => {
  await outside(heir, 'SELECT pg_promote(wait => true)')
  await eventually(() => repeated(() => pool.query(PORT)), heir)
  // The old primary goes on writing, and its standby is further in bytes than the new primary.
  await outside(primary, 'INSERT INTO notes SELECT generate_series(1, 10000)')
  await cluster.caughtUp(other)
  await expect.poll(() => readsOf(other), { timeout: 30_000 }).toBe('lagging')
  await pool.query('INSERT INTO notes VALUES (1)')
  const read = { text: 'SELECT count(*)::int AS n FROM notes', readOnly: true }
  for (let i = 0; i < 10; i++) expect((await pool.query(read)).rows).toEqual([{ n: 1 }])
  expect(await portOf(pool.query(OLD))).toBe(heir.port)
})
