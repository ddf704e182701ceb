import type { PostgresCluster, PostgresServer } from '@holdfast/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  clusterPool,
  outside,
  PORT,
  pairWithNotes,
  portOf,
  READ_PORT,
  repeated,
} from '../support/cluster-pool.js'
import { rejection } from '../support/contender.js'

let cluster: PostgresCluster
let primary: PostgresServer
let standby: PostgresServer

beforeEach(async () => {
  ;({ cluster, primary, standby } = await pairWithNotes())
})
afterEach(() => cluster?.[Symbol.asyncDispose]())

const pool = (options = {}) =>
  clusterPool({ connectionString: cluster.url({ parameters: 'target_session_attrs=primary' }), ...options })

describe('an old primary that takes writes again', () => {
  test('gets none of ours, not even while the new one is away', async () => {
    const calls = pool({ connectionTimeoutMillis: 1_500 })
    await calls.query(PORT)
    await primary.kill()
    await cluster.promote()
    await repeated(() => calls.query("INSERT INTO notes VALUES (1, 'new')"))
    await primary.start()
    await outside(primary, "INSERT INTO notes VALUES (1, 'a history that nobody follows')")
    expect(await portOf(calls.query(PORT))).toBe(standby.port)
    await standby.kill()
    // The first calls may still find connections that are dead.
    const write = () => rejection(calls.query("INSERT INTO notes VALUES (2, 'lost')"))
    await expect
      .poll(async () => (await write()).message, { timeout: 30_000 })
      .toContain(`127.0.0.1:${primary.port}: it takes writes, but a newer primary has been seen`)
    expect(await outside(primary, 'SELECT id FROM notes')).toEqual([{ id: 1 }])
  })

  test('is left as soon as the newer one shows', async () => {
    const calls = pool()
    expect(await portOf(calls.query(PORT))).toBe(primary.port)
    await cluster.promote()
    await expect
      .poll(() => portOf(repeated(() => calls.query(READ_PORT))), { timeout: 30_000 })
      .toBe(standby.port)
  })

  test('is passed over by a pool that finds both', async () => {
    await cluster.promote()
    expect(await portOf(pool().query(PORT))).toBe(standby.port)
  })

  test('comes back as a standby and may be promoted again', async () => {
    const calls = pool()
    await calls.query(PORT)
    await primary.kill()
    await cluster.promote()
    await repeated(() => calls.query("INSERT INTO notes VALUES (1, 'kept')"))
    await primary.startOver(standby)
    await cluster.caughtUp(primary)
    await standby.kill()
    await cluster.promote(primary)
    expect(await repeated(() => portOf(calls.query(PORT)))).toBe(primary.port)
    expect((await calls.query('SELECT text FROM notes')).rows).toEqual([{ text: 'kept' }])
  })
})
