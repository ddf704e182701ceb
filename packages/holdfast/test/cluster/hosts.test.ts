import { inspect } from 'node:util'
import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clusterPool, outside, PORT, portOf } from '../support/cluster-pool.js'
import { rejection } from '../support/contender.js'

/** Nobody listens there, not even for a moment. */
const DEAD = 1

let cluster: PostgresCluster
let primary: PostgresServer
let standby: PostgresServer

beforeAll(async () => {
  cluster = await startCluster()
  primary = cluster.primary
  standby = cluster.standbys[0] as PostgresServer
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** A URL with hosts in an order of our own. */
function url(ports: readonly number[], parameters: string): string {
  const hosts = ports.map(port => `127.0.0.1:${port}`).join(',')
  return `postgres://postgres:${primary.password}@${hosts}/postgres?${parameters}`
}

const pool = (ports: readonly number[], parameters: string, options = {}) =>
  clusterPool({ connectionString: url(ports, parameters), ...options })

describe('target_session_attrs', () => {
  test.each([
    ['any', 'the first', () => standby.port],
    ['read-write', 'one that takes writes', () => primary.port],
    ['primary', 'the primary', () => primary.port],
    ['read-only', 'one that takes no writes', () => standby.port],
    ['standby', 'a standby', () => standby.port],
    ['prefer-standby', 'a standby', () => standby.port],
  ])('%s chooses %s', async (attrs, _, expected) => {
    const ports = [standby.port, primary.port]
    expect(await portOf(pool(ports, `target_session_attrs=${attrs}`).query(PORT))).toBe(expected())
  })

  test('any takes the next host when the first cannot be reached', async () => {
    expect(await portOf(pool([DEAD, primary.port], '').query(PORT))).toBe(primary.port)
  })

  test('prefer-standby takes a primary when there is no standby', async () => {
    const ports = [DEAD, primary.port]
    expect(await portOf(pool(ports, 'target_session_attrs=prefer-standby').query(PORT))).toBe(primary.port)
  })

  test('read-write passes over a primary whose sessions are read-only, primary does not', async () => {
    const options = '&options=-c%20default_transaction_read_only%3Don'
    const read = pool([primary.port], `target_session_attrs=read-only${options}`)
    expect(await portOf(read.query(PORT))).toBe(primary.port)
    expect(await portOf(pool([primary.port], `target_session_attrs=primary${options}`).query(PORT))).toBe(
      primary.port,
    )
    const write = pool([primary.port], `target_session_attrs=read-write${options}`, {
      connectionTimeoutMillis: 300,
    })
    expect((await rejection(write.query(PORT))).message).toContain('its sessions are read-only')
  })

  test('load_balance_hosts=random reaches every host', async () => {
    const spread = pool([primary.port, standby.port], 'load_balance_hosts=random', { max: 1, maxUses: 1 })
    const seen = new Set<number>()
    while (seen.size < 2) seen.add(await portOf(spread.query(PORT)))
    expect([...seen].sort()).toEqual([primary.port, standby.port].sort())
  })
})

describe('when no host fits, the error says of each why', () => {
  test('at once, for attributes that need no primary', async () => {
    const dead = DEAD
    const error = await rejection(pool([dead, primary.port], 'target_session_attrs=standby').query(PORT))
    expect(error).toMatchObject({ code: 'HOLDFAST_NO_HOST', category: 'unreachable', retry: 'safe' })
    expect(error.message).toContain(`127.0.0.1:${dead}: connect ECONNREFUSED`)
    expect(error.message).toContain(`127.0.0.1:${primary.port}: it is a primary that takes writes`)
    expect(error.message).toContain('target_session_attrs=standby')
    expect(error.message).not.toContain(primary.password)
  })

  test('when the caller has no more time, while a standby might still become the primary', async () => {
    const dead = DEAD
    const waiting = pool([dead, standby.port], 'target_session_attrs=primary', {
      connectionTimeoutMillis: 500,
    })
    const error = await rejection(waiting.query(PORT))
    expect(error).toMatchObject({ code: 'HOLDFAST_POOL_TIMEOUT', retry: 'safe' })
    expect(error.message).toContain(`127.0.0.1:${dead}: connect ECONNREFUSED`)
    expect(error.message).toContain(`127.0.0.1:${standby.port}: it is a standby`)
  })

  test('at once, when not one of them can be reached', async () => {
    const ports = [1, 2]
    const error = await rejection(pool(ports, 'target_session_attrs=primary').query(PORT))
    expect(error).toMatchObject({ code: 'HOLDFAST_NO_HOST', retry: 'safe' })
    for (const port of ports) expect(error.message).toContain(`127.0.0.1:${port}: connect ECONNREFUSED`)
  })

  test('and that trying again is pointless when every host refuses the password', async () => {
    const wrong = url([primary.port, standby.port], 'target_session_attrs=any').replace(
      primary.password,
      'wrong',
    )
    const error = await rejection(clusterPool({ connectionString: wrong }).query(PORT))
    expect(error).toMatchObject({ code: 'HOLDFAST_NO_HOST', retry: 'never' })
    expect(error.message).toContain('password authentication failed')
  })
})

describe('replicas are refused', () => {
  test('for a pool that does not write', () => {
    const options = { replicas: [`postgres://127.0.0.1:${standby.port}`] }
    const refused = () =>
      new Pool({ connectionString: url([primary.port], 'target_session_attrs=standby'), ...options })
    expect(refused).toThrow(expect.objectContaining({ code: 'HOLDFAST_OPTIONS', path: 'replicas' }))
  })

  test('by their place when their URL cannot be read, without being repeated', () => {
    const replicas = ['postgres://a', 'postgres://u:hunter2@b:99999/d']
    const refused = () => new Pool({ connectionString: primary.url, replicas })
    expect(refused).toThrow(expect.objectContaining({ code: 'HOLDFAST_OPTIONS', path: 'replicas[1]' }))
    expect(refused).not.toThrow(/hunter2/)
  })
})

test('passwords of hosts and replicas show nowhere in the pool, and another pool can be made of its options', async () => {
  const secret = 'hunter2-with-some-length'
  const made = clusterPool({
    connectionString: `postgres://u:${secret}@a,b/d`,
    replicas: [`postgres://u:${secret}@c/d`],
  })
  for (const shown of [made, made.options, made.nodes()])
    expect(inspect(shown, { depth: 9 })).not.toContain(secret)
  const copy = new Pool(made.options as object)
  expect(copy.nodes().map(({ host }) => host)).toEqual(['a', 'b', 'c'])
  await copy.end()
})

test('a pool with several hosts ends without a trace', async () => {
  const ended = pool(
    [primary.port, standby.port],
    'target_session_attrs=primary&application_name=traceless',
    {
      replicas: { standbys: true },
    },
  )
  await ended.query('SELECT 1')
  await ended.query({ text: 'SELECT 1', readOnly: true })
  await ended.end()
  for (const server of [primary, standby]) {
    const left = "SELECT pid FROM pg_stat_activity WHERE application_name = 'traceless'"
    await expect.poll(() => outside(server, left)).toEqual([])
  }
})
