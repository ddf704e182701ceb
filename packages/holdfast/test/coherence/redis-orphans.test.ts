import { expect, test } from 'vitest'
import { type Child, runScript } from '../support/child.js'
import { type Relay, startRelay } from '../support/relay.js'
import { eventually, marks, operator, READ, see, TABLES, world } from './redis-world.js'

const $ = world()

const relayToDatabase = () => startRelay(Number(new URL($.database.url).port))

/** A process with a cache like those of the tests, which does some work as soon as that works. */
function startProcess(relay: Relay, work: string): Child {
  const cache = { redis: $.redis.url, prefix: $.prefix, tables: TABLES, redisTimeout: '5s' }
  const script = `
    const { Pool } = require('holdfast')
    const pool = new Pool({ connectionString: process.env.URL, cache: ${JSON.stringify(cache)} })
    const work = async () => {
      while ((await pool.query('SELECT id FROM probe')).cache.status !== 'hit') ;
      ${work}
    }
    work()`
  return runScript(script, relay.url($.database.url))
}

async function kill({ process, ended }: Child): Promise<void> {
  process.kill('SIGKILL')
  await ended
}

const UPDATE = "await pool.query('UPDATE item SET n = 1 WHERE id = 1')"

test('the marks of a process that died between mark and COMMIT are resolved by another, which caches again', async () => {
  const [reader, redis, relay] = [await $.pool(), await operator($.redis.url), await relayToDatabase()]
  const commit = relay.holdAt('COMMIT')
  const child = startProcess(relay, UPDATE)
  await commit.reached
  await kill(child)
  // The server has not noticed yet, so the COMMIT may still arrive.
  expect(await see(reader)).toEqual({ n: 0, from: 'bypass write-under-way' })
  expect((await marks(redis, $.prefix)).size).toBeGreaterThan(0)
  relay.cut()
  await eventually(() => see(reader)).toEqual({ n: 0, from: 'hit memory' })
})

test('the marks of a process that died after COMMIT are resolved by another, and nothing old is served', async () => {
  const [reader, redis, relay] = [await $.pool(), await operator($.redis.url), await relayToDatabase()]
  await see(reader)
  const answer = relay.holdAt('COMMIT', 'answers')
  const child = startProcess(relay, UPDATE)
  await answer.reached
  await kill(child)
  expect((await $.admin.query(READ, [1])).rows).toEqual([{ n: 1 }])
  expect(await see(reader)).toEqual({ n: 1, from: 'bypass write-under-way' })
  expect((await marks(redis, $.prefix)).size).toBeGreaterThan(0)
  await eventually(() => see(reader)).toEqual({ n: 1, from: 'hit memory' })
})

test('the marks of a process that died in a COPY are resolved by another when its backend is gone', async () => {
  const [reader, redis, relay] = [await $.pool(), await operator($.redis.url), await relayToDatabase()]
  const child = startProcess(
    relay,
    `const { from } = require('pg-copy-streams')
     const client = await pool.connect()
     const stream = client.query(from('COPY item (id, n) FROM STDIN'))
     stream.write('11\\t5\\n', () => console.log('copying'))
     setInterval(() => {}, 1000)`,
  )
  const READ_OWNER = 'SELECT sum(n)::int AS n FROM item WHERE owner = $1'
  await child.printed('copying')
  const activity = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'COPY item%' AND state = 'active'`
  await eventually(async () => (await $.admin.query(activity)).rowCount).toBe(1)
  expect((await marks(redis, $.prefix)).size).toBeGreaterThan(0)
  expect(await see(reader, READ_OWNER)).toEqual({ n: 0, from: 'bypass write-under-way' })
  await kill(child)
  await eventually(() => see(reader, READ_OWNER)).toEqual({ n: 0, from: 'hit memory' })
})
