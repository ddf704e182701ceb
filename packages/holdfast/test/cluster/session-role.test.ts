import { AsyncLocalStorage } from 'node:async_hooks'
import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../dist/base/clock.js'
import { DeadlineWatch } from '../../dist/base/deadline-watch.js'
import { RoleListener } from '../../dist/cluster/session-role.js'
import { resolveClientConfig } from '../../dist/driver/client-config.js'
import { openConnection } from '../../dist/driver/open-connection.js'
import type { PgConnection } from '../../dist/driver/pg-connection.js'
import { runScript } from '../support/child.js'
import { clusterPool, outside } from '../support/cluster-pool.js'

let cluster: PostgresCluster

beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

async function open(server: PostgresServer, roles?: RoleListener): Promise<PgConnection> {
  const { config, target } = resolveClientConfig({ connectionString: server.url }, {})
  const connection = await openConnection({
    ...{ Client: pg.Client, config, target, connectTimeout: 0, queryTimeout: 0, clock: systemClock },
    deadlines: new DeadlineWatch(systemClock),
    signal: new AbortController().signal,
    onClient: roles?.listen,
  })
  onTestFinished(() => connection.close())
  return connection
}

describe('the role of a session', () => {
  test.each([
    ['what the server tells at the start', new RoleListener()],
    ['asking, where nothing was told', undefined],
  ])('is known from %s', async (_, roles) => {
    const known = roles ?? new RoleListener()
    const [primary, standby] = [
      await open(cluster.primary, roles),
      await open(cluster.standbys[0] as PostgresServer, roles),
    ]
    expect(await known.roleOf(primary, 5_000)).toEqual({ standby: false, readOnly: false })
    expect(await known.roleOf(standby, 5_000)).toEqual({ standby: true, readOnly: false })
  })

  test('costs no round trip where the server tells it', async () => {
    const roles = new RoleListener()
    const connection = await open(cluster.primary, roles)
    const statements = async () => {
      const text = `SELECT query FROM pg_stat_activity WHERE pid = ${connection.processID}`
      return outside(cluster.primary, text)
    }
    await roles.roleOf(connection, 5_000)
    expect(await statements()).toEqual([{ query: '' }])
    await new RoleListener().roleOf(connection, 5_000)
    expect((await statements())[0]?.query).toContain('pg_is_in_recovery')
  })
})

test('looks, and what they find, do not belong to the request that happened to cause them', async () => {
  const requests = new AsyncLocalStorage<string>()
  const pool = clusterPool({ connectionString: cluster.url({ parameters: 'target_session_attrs=primary' }) })
  await requests.run('a request', () => pool.query('SELECT 1'))
  // A refused write has every server looked at.
  const refused = requests.run('another request', () =>
    pool.query('BEGIN READ ONLY; CREATE TABLE refused ()'),
  )
  await expect(refused).rejects.toMatchObject({ code: '25006' })
  const warned = new Promise(resolve => pool.once('warning', () => resolve(requests.getStore())))
  const { primary } = cluster
  await cluster.promote()
  expect(await warned).toBeUndefined()
  await primary.startOver(cluster.primary)
})

test('a process ends although its pool still looks after the servers', async () => {
  const script = `
    const { Pool } = require('holdfast')
    const pool = new Pool({ connectionString: process.env.URL, idleTimeoutMillis: 50, replicas: { standbys: true } })
    pool.query('SELECT 1').then(() => pool.query({ text: 'SELECT 1', readOnly: true })).then(() => console.log('answered'))`
  const { output, exit } = await runScript(script, cluster.url()).ended
  expect(output).toContain('answered')
  expect(exit).toEqual([0, null])
})

test('a process does not end while a query waits for a primary', async () => {
  const script = `
    const { Pool } = require('holdfast')
    const pool = new Pool({ connectionString: process.env.URL, connectionTimeoutMillis: 1500, allowExitOnIdle: true })
    pool.query('SELECT 1').catch(error => console.log(error.code))`
  const [standby] = cluster.standbys as [PostgresServer]
  const { output } = await runScript(script, `${standby.url}?target_session_attrs=primary`).ended
  expect(output).toContain('HOLDFAST_POOL_TIMEOUT')
})
