import { temporaryDatabase } from '@holdfast/testkit'
import { type EndOptions, Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { event, rejection, soon } from '../support/contender.js'

let connectionString: string
let observer: pg.Client

beforeAll(async () => {
  connectionString = (await temporaryDatabase()).url
  observer = new pg.Client({ connectionString })
  await observer.connect()
})
afterAll(() => observer.end())

/** Runs something while a lock is held that a query of {@link LOCKED} waits for. */
async function whileLocked<T>(run: () => Promise<T>): Promise<T> {
  await observer.query('SELECT pg_advisory_lock(1)')
  try {
    return await run()
  } finally {
    await observer.query('SELECT pg_advisory_unlock(1)')
  }
}

const LOCKED = 'SELECT pg_advisory_xact_lock_shared(1)'
const LIMITS: [string, () => EndOptions][] = [
  ['timeout', () => ({ timeout: '50ms' })],
  ['timeout of 0', () => ({ timeout: 0 })],
  ['deadline in milliseconds', () => ({ deadline: Date.now() + 50 })],
  ['deadline as a Date', () => ({ deadline: new Date(Date.now() + 50) })],
  ['deadline that has passed', () => ({ deadline: 0 })],
]

describe('the end of the pool', () => {
  test.each(LIMITS)('cuts who still works at its %s, and tells them', async (_, limit) => {
    await whileLocked(async () => {
      const pool = new Pool({ connectionString, max: 2 })
      const client = await pool.connect()
      const idler = await pool.connect()
      const lost = event(idler, 'end')
      const work = rejection(client.query(LOCKED))
      await soon(pool.end(limit()), 'the end')
      expect(await work).toMatchObject({ code: 'HOLDFAST_OUTCOME_UNKNOWN', retry: 'unknown' })
      await lost
      const late = await rejection(idler.query('SELECT 1'))
      expect(late).toMatchObject({ code: 'HOLDFAST_CONNECTION_LOST', retry: 'safe' })
      client.release()
      idler.release()
      expect(pool).toMatchObject({ ended: true, totalCount: 0 })
    })
  })

  test.each([
    ['timeout', { timeout: '1h' }],
    ['deadline', { deadline: Date.now() + 3_600_000 }],
    ['deadline further away than a timer reaches', { deadline: Date.now() + 1e11 }],
  ])('lets everybody finish before its %s, and comes when the last one is back', async (_, limit) => {
    const pool = new Pool({ connectionString, max: 1 })
    const client = await pool.connect()
    const end = pool.end(limit)
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    expect(pool.ended).toBe(false)
    client.release()
    await end
    expect(pool.ended).toBe(true)
  })

  test('rejects at once who waits, while the borrower may finish', async () => {
    const pool = new Pool({ connectionString, max: 1 })
    const client = await pool.connect()
    const waiting = rejection(pool.query('SELECT 1'))
    const end = pool.end({ timeout: '1h' })
    expect(await waiting).toMatchObject({ code: 'HOLDFAST_POOL_ENDED' })
    client.release()
    await end
  })

  test.each([
    ['timeout', { timeout: 'soon' }],
    ['deadline', { deadline: new Date('never') }],
  ])('does not come for an impossible %s', async (path, limit) => {
    const pool = new Pool({ connectionString, max: 1 })
    expect(await rejection(pool.end(limit))).toMatchObject({ code: 'HOLDFAST_OPTIONS', path })
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await pool.end()
  })
})
