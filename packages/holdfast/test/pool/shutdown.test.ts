import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { runScript } from '../support/child.js'

let url: string
let observer: pg.Client

beforeAll(async () => {
  url = (await temporaryDatabase()).url
  observer = new pg.Client({ connectionString: url })
  await observer.connect()
})
afterAll(() => observer.end())
// What a script's query waits for.
beforeEach(async () => {
  await observer.query('SELECT pg_advisory_unlock_all(), pg_advisory_lock(1)')
})

const unlock = () => observer.query('SELECT pg_advisory_unlock(1)')

/** A process with a pool that ends on signals, one that does not, and a query that waits for the lock. */
const script = (shutdown: object) => `
  const { Pool } = require('holdfast')
  process.exit = () => console.log('process.exit was called')
  const connectionString = process.env.URL
  const pool = new Pool({ connectionString, name: 'ends', shutdown: ${JSON.stringify(shutdown)} })
  const other = new Pool({ connectionString, name: 'stays' })
  const ASK = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%the work%' AND datname = current_database()"
  const work = pool.query("SELECT 'drained' AS answer, pg_advisory_xact_lock_shared(1) -- the work")
  const report = async () => {
    while ((await other.query(ASK)).rows[0].n < 2) ;
    console.log('at work')
    console.log(await work.then(({ rows }) => rows[0].answer, error => error.code))
    while (!pool.ended) await new Promise(setImmediate)
    console.log(JSON.stringify([other.ending, (await other.query('SELECT 1 AS one')).rows]))
    await other.end()
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2']) {
    process.once(signal, () => console.log('signalled', pool.ending))
  }
  report()`

/** Connections that are open besides the observer's. The server notices a moment later that a process has gone. */
async function others(): Promise<number> {
  const text = 'SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()'
  return (await observer.query(text)).rows.length
}

describe('the shutdown option', () => {
  test.each([
    ['SIGTERM', {}],
    ['SIGINT', {}],
    ['SIGUSR2', { signals: ['SIGUSR2'] }],
  ] as const)('drains the pool on %s; the process then exits by itself', async (signal, shutdown) => {
    const child = runScript(script(shutdown), url)
    await child.printed('at work')
    child.process.kill(signal)
    await child.printed('signalled true')
    await unlock()
    const { output, exit } = await child.ended
    expect(exit).toEqual([0, null])
    expect(output).toBe('at work\nsignalled true\ndrained\n[false,[{"one":1}]]\n')
    await expect.poll(others).toBe(0)
  })

  test('cuts what is not done in time', async () => {
    const child = runScript(script({ timeout: '50ms' }), url)
    await child.printed('at work')
    child.process.kill('SIGTERM')
    const { output, exit } = await child.ended
    expect(exit).toEqual([0, null])
    expect(output).toContain('HOLDFAST_OUTCOME_UNKNOWN\n[false,[{"one":1}]]\n')
    await unlock()
  })

  test('leaves a second signal to the process: it ends it', async () => {
    const child = runScript(
      `const { Pool } = require('holdfast')
       const pool = new Pool({ connectionString: process.env.URL, shutdown: {} })
       pool.connect().then(() => console.log('borrowed'))
       const look = setInterval(() => pool.ending && (console.log('ending'), clearInterval(look)), 5)`,
      url,
    )
    await child.printed('borrowed')
    child.process.kill('SIGTERM')
    await child.printed('ending')
    child.process.kill('SIGTERM')
    expect((await child.ended).exit).toEqual([null, 'SIGTERM'])
  })

  test('listens to nothing once the pool has ended, and never without the option', async () => {
    const child = runScript(
      `const { Pool } = require('holdfast')
       const counts = () => process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')
       const plain = new Pool({ connectionString: process.env.URL })
       const none = counts()
       const pool = new Pool({ connectionString: process.env.URL, shutdown: {} })
       const two = counts()
       pool.end().then(() => console.log(none, two, counts()))`,
      url,
    )
    const { output, exit } = await child.ended
    expect(exit).toEqual([0, null])
    expect(output).toBe('0 2 0\n')
  })
})
