import { FaultProxy, type FaultRule, temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { query } from './query.js'

let url: string

beforeAll(async () => {
  ;({ url } = await temporaryDatabase())
  await query(url, 'CREATE TABLE notes (n int)')
})

/** A proxy to the database with one rule, and a client through it; the client's end is nobody's error. */
async function through(rule: FaultRule) {
  const proxy = await FaultProxy.start(Number(new URL(url).port), { protocol: 'postgres' })
  const client = new pg.Client({ connectionString: proxy.url(url) })
  client.on('error', () => undefined)
  onTestFinished(async () => {
    proxy.heal()
    await client.end().catch(() => undefined)
    await proxy[Symbol.asyncDispose]()
  })
  return { proxy, client, fault: proxy.inject(rule) }
}

const requests = (when: Omit<FaultRule['when'], 'direction'>) => ({ direction: 'requests', ...when }) as const
const answers = (when: Omit<FaultRule['when'], 'direction'>) => ({ direction: 'answers', ...when }) as const
const notes = async (n: number) => (await query(url, `SELECT n FROM notes WHERE n = ${n}`)).length
const LOST = /terminated|ECONNRESET/

test('a COMMIT that was passed on before the cut is committed', async () => {
  const { client } = await through({
    when: requests({ type: 'Query', text: 'COMMIT' }),
    do: 'cut',
    at: 'after',
  })
  await client.connect()
  await client.query('BEGIN')
  await client.query('INSERT INTO notes VALUES (1)')
  await expect(client.query('COMMIT')).rejects.toThrow(LOST)
  await expect.poll(() => notes(1), { interval: 5 }).toBe(1)
})

test('a COMMIT that was cut off before or within never happens', async () => {
  for (const at of ['before', 'inside'] as const) {
    const { client } = await through({ when: requests({ type: 'Query', text: 'COMMIT' }), do: 'cut', at })
    await client.connect()
    const { rows } = await client.query('SELECT pg_backend_pid() AS pid')
    await client.query('BEGIN; INSERT INTO notes VALUES (2)')
    await expect(client.query('COMMIT')).rejects.toThrow(LOST)
    const backends = () => query(url, `SELECT 1 FROM pg_stat_activity WHERE pid = ${rows[0].pid}`)
    await expect.poll(backends, { interval: 5 }).toEqual([])
    expect(await notes(2)).toBe(0)
  }
})

test('an extended statement is named by its flush: a reset before its ReadyForQuery hides a commit', async () => {
  const { client } = await through({
    when: answers({ type: 'ReadyForQuery', statement: 'INSERT' }),
    do: 'reset',
  })
  await client.connect()
  const insert = client.query('INSERT INTO notes VALUES ($1)', [3])
  await expect(insert).rejects.toThrow(LOST)
  expect(await notes(3)).toBe(1)
})

test('a cut inside a row ends the connection after the rows before it', async () => {
  const { client } = await through({ when: answers({ type: 'DataRow', nth: 3 }), do: 'cut', at: 'inside' })
  await client.connect()
  const seen: number[] = []
  const rows = new pg.Query('SELECT n FROM generate_series(1, 5) AS n')
  rows.on('row', row => seen.push(row.n))
  const failed = new Promise(resolve => rows.on('error', resolve))
  client.query(rows)
  await failed
  expect(seen).toEqual([1, 2])
})

test('a cut during authentication is a failure to connect', async () => {
  const { client } = await through({ when: answers({ type: 'Authentication', nth: 2 }), do: 'cut' })
  await expect(client.connect()).rejects.toThrow(LOST)
})

test('a dropped message never arrives', async () => {
  const { client } = await through({ when: answers({ type: 'DataRow' }), do: 'drop' })
  await client.connect()
  expect((await client.query('SELECT n FROM generate_series(1, 2) AS n')).rows).toEqual([{ n: 2 }])
})

test('half-open: the requests still get through, and the answers when it is lifted', async () => {
  const { client, fault } = await through({ when: answers({ type: 'CommandComplete' }), do: 'half-open' })
  await client.connect()
  const insert = client.query('INSERT INTO notes VALUES (4)')
  await fault.struck
  expect(await notes(4)).toBe(1)
  const another = client.query('INSERT INTO notes VALUES (5)')
  fault.lift()
  await insert
  await another
  expect(await notes(5)).toBe(1)
})

test('a stall holds both directions until it is lifted', async () => {
  const { client, fault } = await through({ when: requests({ type: 'Query', text: 'SELECT' }), do: 'stall' })
  await client.connect()
  const select = client.query('SELECT 1 AS one')
  await fault.struck
  const { rows } = await Promise.race([select, Promise.resolve({ rows: 'nothing' })])
  expect(rows).toBe('nothing')
  fault.lift()
  expect((await select).rows).toEqual([{ one: 1 }])
})

test('what is delayed or throttled arrives later, in order and whole', async () => {
  for (const action of [{ delay: 30 }, { throttle: 20_000 }]) {
    const { client } = await through({ when: answers({ type: 'RowDescription' }), do: action })
    await client.connect()
    const { rows } = await client.query("SELECT n, repeat('x', 100) AS x FROM generate_series(1, 20) AS n")
    expect(rows.map(row => row.n)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  }
})

test('the rules of a plan strike one after the other', async () => {
  const { proxy, fault } = await through({ when: requests({ type: 'Terminate', nth: 100 }), do: 'cut' })
  fault.lift()
  const rule: FaultRule = { when: requests({ type: 'Query' }), do: 'cut' }
  const struck: number[] = []
  proxy.follow({ rules: [rule, rule, rule] }, () => struck.push(struck.length))
  for (let attempt = 1; attempt <= 3; attempt++) {
    const client = new pg.Client({ connectionString: proxy.url(url) }).on('error', () => undefined)
    await client.connect()
    await expect(client.query('SELECT 1')).rejects.toThrow(LOST)
    await expect.poll(() => struck.length, { interval: 5 }).toBe(attempt)
  }
  expect(await query(proxy.url(url), 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})
