import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { beforeAll, expect, test } from 'vitest'
import { eventually, type Operator, operator, see, TABLES, type TestPool, world } from './redis-world.js'

const $ = world()

/** Everything that a raw client finds in the namespace of this test: names and contents. */
async function everything(redis: Operator): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for await (const names of redis.scanIterator({ MATCH: '*' })) {
    for (const name of names.filter(each => each.startsWith(`{${$.prefix}:`))) {
      const isSet = (await redis.type(name)) === 'set'
      found.set(name, isSet ? Buffer.from((await redis.sMembers(name)).join()) : await get(redis, name))
    }
  }
  return found
}

/** Names of stored values, once there are so many of them. */
async function values(redis: Operator, count: number): Promise<string[]> {
  const look = async () =>
    [...(await everything(redis)).keys()].filter(name => /:v:[\w-]{43}$/.test(name)).sort()
  await eventually(async () => (await look()).length).toBe(count)
  return look()
}

const get = (redis: Operator, name: string) =>
  redis.sendCommand<Buffer>(['GET', name], { typeMapping: { 36: Buffer } })

const keys = (id: string, key = randomBytes(32)) => ({ current: id, keys: { [id]: key } })

const PERSON = 'SELECT name, note FROM person WHERE mail = $1'
const MAIL = 'somebody.private@example.org'
const SECRET = 'a diagnosis nobody may read'

beforeAll(async () => {
  await $.admin.query(`
    CREATE TABLE person (mail text PRIMARY KEY COLLATE "C", name text, note text);
    INSERT INTO person VALUES ('${MAIL}', 'Somebody', '${SECRET}')`)
})

const people = { tables: { ...TABLES, person: '1h' } } as const

test('with encryption nothing of a row is found in Redis, and without it the search finds it', async () => {
  const redis = await operator($.redis.url)
  const pool = await $.pool({ cache: { ...people, encryption: keys('one') } })
  await pool.query(PERSON, [MAIL])
  await pool.query('UPDATE person SET name = $2 WHERE mail = $1', [MAIL, 'Somebody'])
  await pool.query(PERSON, [MAIL])
  await values(redis, 2)
  const found = async () =>
    [...(await everything(redis))].map(([name, value]) => name + value.toString('latin1')).join()
  for (const text of [SECRET, 'Somebody', MAIL, 'private', 'note', 'person'])
    expect(await found()).not.toContain(text)
  const plain = await $.pool({ cache: people })
  await plain.query(PERSON, [MAIL])
  await eventually(found).toContain(SECRET)
})

test('no value of a parameter or a row is part of a name in Redis', async () => {
  const redis = await operator($.redis.url)
  const pool = await $.pool({ cache: people })
  await pool.query(PERSON, [MAIL])
  await pool.query('UPDATE person SET name = name WHERE mail = $1', [MAIL])
  await eventually(async () => (await pool.query(PERSON, [MAIL])).cache?.status).toBe('hit')
  const names = [...(await everything(redis)).keys()].join('\n')
  for (const text of [MAIL, 'somebody', 'Somebody', 'example']) expect(names).not.toContain(text)
})

test('an encrypted value that was changed, moved to another key, or sealed with another key is a miss', async () => {
  const redis = await operator($.redis.url)
  const key = randomBytes(32)
  const first = await $.pool({ cache: { encryption: keys('one', key) } })
  // Two reads with the same tags and other answers.
  const OTHER = 'SELECT n + 100 AS n FROM item WHERE id = $1'
  const both = async (pool: TestPool) => [(await see(pool)).n, (await see(pool, OTHER)).n]
  expect(await both(first)).toEqual([0, 100])
  const names = await values(redis, 3)
  const contents = await Promise.all(names.map(name => get(redis, name)))
  const restore = () =>
    Promise.all(names.map((name, at) => redis.set(name, contents[at] as Buffer, { PX: 60_000 })))
  // Unknown to the cache: whoever sees it has asked the database.
  await $.admin.query('UPDATE item SET n = 5')
  expect(await both(await $.pool({ cache: { encryption: keys('one', key) } }))).toEqual([0, 100])
  for (const encryption of [keys('one'), keys('two', key), keys('two'), undefined]) {
    expect(await both(await $.pool({ cache: { ...(encryption && { encryption }) } }))).toEqual([5, 105])
    await restore()
  }
  const flipped = contents.map(content => {
    const copy = Buffer.from(content)
    copy[copy.length - 20] = (copy[copy.length - 20] as number) ^ 1
    return copy
  })
  const turned = [1, 2, 0].map(at => contents[at] as Buffer)
  for (const changed of [flipped, turned]) {
    for (const [at, name] of names.entries()) await redis.set(name, changed[at] as Buffer, { PX: 60_000 })
    expect(await both(await $.pool({ cache: { encryption: keys('one', key) } }))).toEqual([5, 105])
    await restore()
  }
})

/** A role of its own, with a pool's URL. */
async function role(name: string): Promise<string> {
  const full = `${name}_${$.database.name}`
  await $.admin.query(`CREATE ROLE ${full} LOGIN PASSWORD '${full}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${full};
    GRANT UPDATE, INSERT ON doc TO ${full}`)
  return Object.assign(new URL($.database.url), { username: full, password: full }).href
}

test('two tenants on one Redis never get each other’s rows, whatever the order', async () => {
  await $.admin.query(`
    CREATE TABLE doc (id int PRIMARY KEY, tenant name NOT NULL, n int NOT NULL);
    CREATE TABLE rights (tenant name PRIMARY KEY);
    CREATE TABLE shared (id int PRIMARY KEY);
    ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shared ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON doc USING (tenant = current_user);
    CREATE POLICY listed ON shared USING (EXISTS (SELECT 1 FROM rights WHERE tenant = current_user))`)
  const urls = [await role('one'), await role('two')]
  for (const [at, url] of urls.entries()) {
    const rows = [1, 2, 3].map(id => `(${id + 10 * at}, '${new URL(url).username}', ${at + 1})`)
    await $.admin.query(`INSERT INTO doc VALUES ${rows.join()}`)
  }
  const tables = { ...TABLES, doc: '1h', shared: '1h', rights: '1h' }
  const open = (connectionString: string, context?: string) =>
    $.pool({ connectionString, cache: { tables, ...(context && { context }) } })
  const tenants = await Promise.all(urls.map(url => open(url, 'own rows')))
  for (let round = 0; round < 10; round++) {
    for (const [at, pool] of [...tenants.entries()].sort(() => (round % 2 === 0 ? 1 : -1))) {
      for (let read = 0; read < 2; read++) {
        expect((await pool.query('SELECT DISTINCT n FROM doc')).rows).toEqual([{ n: at + 1 }])
      }
      expect((await pool.query('SELECT n FROM doc WHERE id = $1', [at === 0 ? 11 : 1])).rows).toEqual([])
    }
    await tenants[round % 2]?.query('UPDATE doc SET n = n')
  }
  for (const pool of tenants)
    expect(pool.cache.stats().hits.memory + pool.cache.stats().hits.redis).toBeGreaterThan(5)
  const careless = await open(urls[0] as string)
  expect((await careless.query('SELECT n FROM doc')).cache).toMatchObject({
    status: 'bypass',
    reason: 'row-level-security',
  })
  expect((await tenants[0]?.query('SELECT id FROM shared'))?.cache?.reason).toBe('row-level-security')
})

const HOSTILE = [
  'plain',
  '{}',
  '}:t:',
  ':*',
  ':any',
  '*',
  '\n',
  '\r\nDEL x\r\n',
  "'; DROP TABLE item; --",
  '"',
  '\\',
  '%00',
  '\u0001',
  ' ',
  '',
  '😀',
  'é',
  'e\u0301',
  '__proto__',
  'constructor',
  '1=1',
  '!',
  'settled',
  'incarnation',
  'x'.repeat(5_000),
]

test('names and values of any characters break no key and are never taken for one another', async () => {
  const [table, column] = ['we"ird}:t:{*\n table', 'co:l=u*m"n\n'].map(name => pg.escapeIdentifier(name))
  await $.admin.query(`CREATE TABLE ${table} (${column} text PRIMARY KEY COLLATE "C", n int)`)
  const insert = `INSERT INTO ${table} SELECT * FROM unnest($1::text[], $2::int[])`
  await $.admin.query(insert, [HOSTILE, HOSTILE.map((_, at) => at)])
  const cache = { tables: { ...TABLES, [`public.${table}`]: '1h' } } as const
  const [writer, reader, redis] = [
    await $.pool({ cache }),
    await $.pool({ cache }),
    await operator($.redis.url),
  ]
  const read = async (pool: TestPool, value: string) => {
    const { rows, cache: info } = await pool.query(`SELECT n FROM ${table} WHERE ${column} = $1`, [value])
    return { n: rows[0]?.n, status: info?.status }
  }
  for (const pool of [writer, reader]) {
    for (const [n, value] of HOSTILE.entries()) expect((await read(pool, value)).n).toBe(n)
  }
  for (const [n, value] of HOSTILE.entries()) {
    await writer.query(`UPDATE ${table} SET n = $2 WHERE ${column} = $1`, [value, n + 100])
    expect((await read(reader, value)).n).toBe(n + 100)
    const next = HOSTILE[n + 1]
    if (next !== undefined) expect(await read(reader, next)).toEqual({ n: n + 1, status: 'hit' })
  }
  const NAME =
    /^\{test\d+:[\w-]{22}\}:(incarnation|[\w-]+:(t:\d+:(\*|any|\d+=[\w-]{22})|v:(settled|[\w-]{43}!?)))$/
  for (const name of (await everything(redis)).keys()) expect(name).toMatch(NAME)
})
