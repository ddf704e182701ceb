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

describe('when the primary is killed under load and a standby is promoted', () => {
  test('reads wait for the new primary: only those that were under way when it died are told, and may repeat', async () => {
    const calls = pool({ max: 4 })
    let stopped = false
    const told: unknown[] = []
    const readers = Array.from({ length: 8 }, async () => {
      let last = 0
      while (!stopped)
        last = await repeated(
          () => portOf(calls.query(READ_PORT)),
          error => told.push(error),
        )
      return last
    })
    await repeated(() => calls.query(READ_PORT))
    await primary.kill()
    await cluster.promote()
    expect(await repeated(() => portOf(calls.query(READ_PORT)))).toBe(standby.port)
    stopped = true
    expect(new Set(await Promise.all(readers))).toEqual(new Set([standby.port]))
    expect(told.length).toBeLessThanOrEqual(4)
    for (const error of told) expect(error).toMatchObject({ retry: 'safe' })
  })

  test('a write that comes while there is no primary waits and is applied once', async () => {
    const calls = pool()
    await calls.query(PORT)
    await primary.kill()
    const write = repeated(() => calls.query("INSERT INTO notes VALUES (1, 'waited')"))
    await cluster.promote()
    await write
    expect(await outside(standby, 'SELECT text FROM notes')).toEqual([{ text: 'waited' }])
  })

  test('it is reported once, with both places', async () => {
    const calls = pool()
    const warnings: { code: string; message: string }[] = []
    calls.on('warning', warning => warnings.push(warning))
    await calls.query(PORT)
    await primary.kill()
    await cluster.promote()
    await repeated(() => calls.query(PORT))
    const changes = warnings.filter(({ code }) => code === 'primary-changed')
    expect(changes).toHaveLength(1)
    expect(changes[0]?.message).toContain(`${standby.port} now`)
    expect(changes[0]?.message).toContain(`was 127.0.0.1:${primary.port}`)
    expect(calls.nodes()).toMatchObject([
      { port: primary.port, role: 'unknown' },
      { port: standby.port, role: 'primary' },
    ])
  })
})

describe('when the primary freezes and a standby is promoted', () => {
  test('calls that hang there are cut, and everybody goes to the new primary', async () => {
    const calls = pool()
    const hanging = calls.query({ text: 'SELECT pg_sleep(60)', readOnly: true, retry: false, timeout: '60s' })
    await calls.query(PORT)
    const told = rejection(hanging)
    primary.pause()
    await cluster.promote()
    expect(await told).toMatchObject({ code: 'HOLDFAST_CONNECTION_LOST', retry: 'safe' })
    expect(await repeated(() => portOf(calls.query(READ_PORT)))).toBe(standby.port)
    primary.resume()
  })
})

test('a server that has become read-only is left by the time the refused write is told', async () => {
  const calls = clusterPool({
    connectionString: cluster.url({ parameters: 'target_session_attrs=read-write' }),
    connectionTimeoutMillis: 1_500,
  })
  let id = 0
  const write = () => calls.query({ text: `INSERT INTO notes VALUES (${++id})`, retry: false })
  await write()
  const refused = rejection(
    (async () => {
      for (;;) await write()
    })(),
  )
  await outside(primary, 'ALTER SYSTEM SET default_transaction_read_only = on')
  await outside(primary, 'SELECT pg_reload_conf()')
  expect(await refused).toMatchObject({ code: '25006' })
  const error = await rejection(write())
  expect(error).toMatchObject({ code: 'HOLDFAST_POOL_TIMEOUT', retry: 'safe' })
  expect(error.message).toContain('its sessions are read-only')
  await outside(primary, 'ALTER SYSTEM RESET default_transaction_read_only')
  await outside(primary, 'SELECT pg_reload_conf()')
  await repeated(write)
})
