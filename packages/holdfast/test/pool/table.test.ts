import { spawnSync } from 'node:child_process'
import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Contender, soon } from '../support/contender.js'
import { SYSTEM_SERVERS } from '../support/servers.js'
import type { Row } from './row.js'
import { ROWS } from './table-rows.js'

let url: string
let observer: pg.Client
const table: { promise: string; 'pg-pool': string; holdfast: string }[] = []

beforeAll(async () => {
  const database = await temporaryDatabase()
  url = database.url
  observer = new pg.Client({ connectionString: database.url })
  await observer.connect()
})

afterAll(async () => {
  await observer.end()
  console.table(table)
})

/** A database, and a connection to look at it from. */
interface Place {
  readonly url: string
  readonly observer: pg.Client
}

/** After so long a contender counts as one that hangs, where nothing else is said. */
const HANGING_MS = 2_000

/** Runs one row on one pool: undefined when its promise holds, otherwise why not. */
async function broken(row: Row, contender: Contender, place: Place): Promise<string | undefined> {
  const undo: (() => unknown)[] = []
  const context = {
    Pool: contender,
    ...place,
    port: Number(new URL(place.url).port),
    // Ours is to keep its promises on the slowest machine; who hangs for ever does so from the beginning.
    soon: <T>(promise: Promise<T>, what: string, atLeast = HANGING_MS) =>
      contender === Pool ? soon(promise, what) : soon(promise, what, atLeast),
    onEnd: (step: () => unknown) => undo.push(step),
  }
  try {
    await row.run(context)
    return undefined
  } catch (error) {
    return (error as Error).message
  } finally {
    for (const step of undo.reverse()) await step()
  }
}

const END_OTHERS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
   WHERE datname = current_database() AND pid <> pg_backend_pid()`

describe('what the pool does better than pg-pool', () => {
  test.each(ROWS.map(row => ({ title: row.promise, row })))('$title', async ({ row }) => {
    const contenders = [pg.Pool as unknown as Contender, Pool]
    const [theirs, ours] = await Promise.all(
      contenders.map(contender => broken(row, contender, { url, observer })),
    )
    // A client cut off does not end its query: what a contender leaves running on the server is ended here.
    await observer.query(END_OTHERS)
    table.push({ promise: row.promise, 'pg-pool': theirs ?? 'holds', holdfast: ours ?? 'holds' })
    expect(ours).toBeUndefined()
    expect(theirs, 'pg-pool keeps this promise too: the row shows nothing').toBeDefined()
  })

  test('killing the backend of a borrowed, idle client does not end the process', async () => {
    const run = (module: string) => {
      const script = `
        const { Pool } = require(${JSON.stringify(module)})
        const pool = new Pool({ connectionString: process.env.URL })
        const killer = new Pool({ connectionString: process.env.URL })
        ;(async () => {
          const client = await pool.connect()
          const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
          const ended = new Promise(resolve => client.once('end', resolve))
          await killer.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
          await ended
          client.release()
          await Promise.all([pool.end(), killer.end()])
          console.log('alive')
        })()`
      const { stdout } = spawnSync(process.execPath, ['-e', script], {
        cwd: import.meta.dirname,
        env: { ...process.env, URL: url },
        encoding: 'utf8',
        timeout: 60_000,
      })
      return stdout.includes('alive') ? 'holds' : 'the process died'
    }
    const row = { promise: 'a killed backend of a borrowed client does not end the process' }
    const [theirs, ours] = [run('pg'), run('holdfast')]
    table.push({ ...row, 'pg-pool': theirs, holdfast: ours })
    expect(ours).toBe('holds')
    expect(theirs).toBe('the process died')
  })
})

// pg-pool breaks its promises on any server: shown once, above.
describe.each(SYSTEM_SERVERS)('the pool, on $name,', ({ open }) => {
  let place: Place
  let close: () => Promise<void>

  beforeAll(async () => {
    const database = await open()
    close = database.close
    place = { url: database.url, observer: new pg.Client({ connectionString: database.url }) }
    await place.observer.connect()
  })
  afterAll(async () => {
    await place.observer.end()
    await close()
  })

  test.each(ROWS.map(row => ({ title: row.promise, row })))('keeps: $title', async ({ row }) => {
    expect(await broken(row, Pool, place)).toBeUndefined()
  })
})
