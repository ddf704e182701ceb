import { findProgram, startPgBouncer, temporaryDatabase } from '@holdfast/testkit'
import { type ClientFacts, doctor, Pool } from 'holdfast'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'
import { found, session } from './sessions.js'

const { url } = await temporaryDatabase()

async function foundFor(id: string, client: ClientFacts): Promise<string[]> {
  return found(await session(url), id, { client })
}

test('L06 reports what a pooler in transaction mode cannot give, and nothing without one', async () => {
  const features = ['listen', 'session-advisory-locks'] as const
  expect(await foundFor('L06', { features, pooler: 'transaction' })).toEqual([
    'client: listen',
    'client: session-advisory-locks',
  ])
  expect(await foundFor('L06', { features, port: 6543 })).toHaveLength(2)
  expect(await foundFor('L06', { features, pooler: 'session' })).toEqual([])
  expect(await foundFor('L06', { features: [], port: 6543 })).toEqual([])
})

test('L07 reports pools that together are larger than the server', async () => {
  expect(await foundFor('L07', { max: 100, instances: 6 })).toEqual(['client: max'])
  expect(await foundFor('L07', { max: 100, instances: 4 })).toEqual([])
  expect(await foundFor('L07', { max: 1_000, pooler: 'transaction' })).toEqual([
    'skipped: a pooler is in between',
  ])
})

test('L09 reports a client that waits without end, and not one with limits', async () => {
  expect(await foundFor('L09', { timeouts: {} })).toEqual([
    'client: connectionTimeoutMillis',
    'client: query_timeout',
  ])
  expect(
    await foundFor('L09', { timeouts: { connectionTimeoutMillis: 100, statement_timeout: 100 } }),
  ).toEqual([])
})

test('S19 reports a client that verifies no certificate', async () => {
  expect(await foundFor('S19', { tls: 'unverified' })).toEqual(['client'])
  expect(await foundFor('S19', { tls: 'verified' })).toEqual([])
})

test.each([
  ['pg', () => new pg.Pool({ connectionString: url, max: 1_000 })],
  ['Holdfast', () => new Pool({ connectionString: url, max: 1_000 })],
])('the options of a pool of %s are known without being told', async (_name, open) => {
  const pool = open()
  onTestFinished(() => pool.end())
  const { findings } = await doctor(pool, { only: ['L07'] })
  expect(findings.map(({ evidence }) => evidence)).toEqual([
    expect.stringMatching(/^1 instances with up to 1000 connections each/),
  ])
})

describe.skipIf(findProgram('pgbouncer') === undefined)('with PgBouncer', () => {
  test('L08 reports clients that wait in its queue, and nothing while nobody does', async () => {
    const bouncer = await startPgBouncer({ postgres: { url }, settings: { default_pool_size: 1 } })
    onTestFinished(() => bouncer[Symbol.asyncDispose]())
    const doctors = await session(url)
    const console = { query: async (text: string) => ({ rows: await bouncer.admin(text) }) }
    expect(await found(doctors, 'L08', { pgbouncer: console })).toEqual([])
    const holder = await session(bouncer.url)
    await holder.query('BEGIN')
    const waiter = session(bouncer.url).then(client => client.query('SELECT 1'))
    await expect
      .poll(() => found(doctors, 'L08', { pgbouncer: console }))
      .toEqual([expect.stringMatching(/^pool of /)])
    await holder.query('ROLLBACK')
    await waiter
  })
})
