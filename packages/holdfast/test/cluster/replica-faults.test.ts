import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import type { Pool, ReplicaOptions } from 'holdfast'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { clusterPool, eventually, outside, PORT, portOf } from '../support/cluster-pool.js'
import { rejection } from '../support/contender.js'

let cluster: PostgresCluster
let primary: PostgresServer
let standby: PostgresServer

beforeAll(async () => {
  // What is replayed does not wait for reads that are in its way.
  cluster = await startCluster({ settings: { max_standby_streaming_delay: 0 } })
  primary = cluster.primary
  standby = cluster.standbys[0] as PostgresServer
  await outside(primary, 'CREATE TABLE notes (id int)')
  await outside(primary, 'CREATE TABLE doomed AS SELECT generate_series(1, 10) AS id')
})
beforeEach(async () => {
  standby.resume()
  if (standby.pid === undefined) await standby.start()
  await cluster.resumeReplay(standby)
  await cluster.caughtUp(standby)
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

async function replicated(options: ReplicaOptions = {}): Promise<Pool> {
  const pool = clusterPool({
    connectionString: primary.url,
    replicas: { urls: [`postgres://127.0.0.1:${standby.port}`], ...options },
  })
  await pool.query(PORT)
  await verdict(pool, 'serving')
  return pool
}

const verdict = (pool: Pool, expected: string) =>
  expect.poll(() => pool.nodes().at(-1)?.reads, { timeout: 40_000 }).toBe(expected)

/** A read that may be as old as the replica likes: nothing but its state keeps it away from there. */
const read = (text: string) => ({ text, readOnly: true, after: '0-0', timeout: '40s' })

/** Takes long on a standby and no time on a primary. */
const SLEEP_THERE = 'CASE WHEN pg_is_in_recovery() THEN pg_sleep(60) END'

/** Resolves when a statement with this text runs on the replica. */
const runsThere = (mark: string) =>
  expect
    .poll(
      () =>
        outside(
          standby,
          `SELECT 1 AS one FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%${mark}' || '%' AND pid <> pg_backend_pid()`,
        ),
      { timeout: 20_000 },
    )
    .toEqual([{ one: 1 }])

describe('a replica', () => {
  test('that is further behind than maxLag gets no reads until it has caught up', async () => {
    const pool = await replicated({ maxLag: '200ms' })
    await cluster.pauseReplay(standby)
    await pool.query('INSERT INTO notes VALUES (1)')
    const warnings: { code: string; message: string }[] = []
    pool.on('warning', warning => warnings.push(warning))
    await verdict(pool, 'lagging')
    expect(warnings.map(({ code }) => code)).toEqual(['replica-unfit'])
    expect(warnings[0]?.message).toMatch(/no longer go to the replica 127\.0\.0\.1:\d+: it is .* behind/)
    expect(pool.nodes().at(-1)?.lagMillis).toBeGreaterThan(200)
    expect(await portOf(pool.query(read(PORT)))).toBe(primary.port)
    await cluster.resumeReplay(standby)
    await eventually(() => pool.query(read(PORT)), standby)
  })

  test('that dies takes no read with it, and gets reads again when it is back', async () => {
    const pool = await replicated()
    const answer = portOf(pool.query(read(`${PORT}, ${SLEEP_THERE} /* dies */`)))
    await runsThere('dies')
    await standby.kill()
    expect(await answer).toBe(primary.port)
    await verdict(pool, 'down')
    expect(await portOf(pool.query(read(PORT)))).toBe(primary.port)
    await standby.start()
    await eventually(() => pool.query(read(PORT)), standby)
  })

  test('that freezes holds no read for longer than it takes to find out', async () => {
    const pool = await replicated()
    const answer = portOf(pool.query(read(`${PORT}, ${SLEEP_THERE} /* freezes */`)))
    await runsThere('freezes')
    standby.pause()
    expect(await answer).toBe(primary.port)
    standby.resume()
    await verdict(pool, 'serving')
  })

  test('whose replay cancels a read leaves it to the primary', async () => {
    const pool = await replicated()
    const answer = portOf(
      pool.query(read(`${PORT}, (SELECT count(*) FROM doomed), ${SLEEP_THERE} /* in the way */`)),
    )
    await runsThere('in the way')
    await outside(primary, 'DELETE FROM doomed')
    await outside(primary, 'VACUUM doomed')
    expect(await answer).toBe(primary.port)
  })

  test('that turns out to be a primary gets no reads', async () => {
    const pool = clusterPool({
      connectionString: primary.url,
      replicas: [`postgres://127.0.0.1:${primary.port}`],
    })
    await pool.query(PORT)
    await verdict(pool, 'not-a-standby')
    expect(await portOf(pool.query(read(PORT)))).toBe(primary.port)
    expect(pool.nodes()).toHaveLength(2)
  })

  test('that does not exist is no reason to fail', async () => {
    const pool = clusterPool({ connectionString: primary.url, replicas: ['postgres://127.0.0.1:1'] })
    expect(await portOf(pool.query(read(PORT)))).toBe(primary.port)
    await verdict(pool, 'down')
    expect(await portOf(pool.query(read(PORT)))).toBe(primary.port)
  })
})

describe('hedged reads', () => {
  const SLOW_THERE = `${PORT}, ${SLEEP_THERE} /* slow */`

  async function measured(hedge: ReplicaOptions['hedge'] & object): Promise<Pool> {
    const pool = await replicated({ hedge })
    for (let done = 0; done < 20; ) if ((await portOf(pool.query(read(PORT)))) === standby.port) done++
    return pool
  }

  test('are answered by another server when the first is slow, where they are cancelled', async () => {
    const pool = await measured({ budget: 1 })
    expect(await portOf(pool.query(read(SLOW_THERE)))).toBe(primary.port)
    const left = `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%slow %' AND pid <> pg_backend_pid()`
    await expect.poll(() => outside(standby, left), { timeout: 10_000 }).toEqual([])
  })

  test('are as many as their budget allows', async () => {
    const pool = await measured({ budget: 0.001 })
    expect(await portOf(pool.query(read(SLOW_THERE)))).toBe(primary.port)
    const error = await rejection(pool.query({ ...read(SLOW_THERE), timeout: '1s' }))
    expect(error).toMatchObject({ code: 'HOLDFAST_QUERY_TIMEOUT' })
  })

  test('are off unless they are asked for', async () => {
    const pool = await replicated()
    for (let i = 0; i < 20; i++) await pool.query(read(PORT))
    const error = await rejection(pool.query({ ...read(SLOW_THERE), timeout: '1s' }))
    expect(error).toMatchObject({ code: 'HOLDFAST_QUERY_TIMEOUT' })
  })
})
