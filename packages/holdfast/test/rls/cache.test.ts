import { type RedisServer, startRedis } from '@holdfast/testkit'
import type { Pool, PoolAs, PoolOptions } from 'holdfast'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ANN, BOB, bodies, type TenantsWorld, tenantsWorld } from './world.js'

const SUBJECT = "(SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid)"

/** Tables whose policies read others: directly, through a function, and in ways that cannot be followed. */
const SCHEMA = `
  CREATE TABLE membership (person uuid, team int, PRIMARY KEY (person, team));
  INSERT INTO membership VALUES ('${ANN}', 1), ('${BOB}', 2);
  ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON membership FOR SELECT TO {member} USING (person = ${SUBJECT});
  CREATE SCHEMA private;
  GRANT USAGE ON SCHEMA private TO {member};
  CREATE FUNCTION private.subject() RETURNS uuid STABLE LANGUAGE sql SET search_path = '' AS
    $$ SELECT (nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
  CREATE FUNCTION private.teams() RETURNS SETOF int STABLE SECURITY DEFINER LANGUAGE sql SET search_path = '' AS
    $$ SELECT team FROM public.membership WHERE person = private.subject() $$;
  CREATE FUNCTION private.guess() RETURNS boolean STABLE LANGUAGE plpgsql AS 'BEGIN RETURN true; END';
  CREATE SCHEMA auth;
  GRANT USAGE ON SCHEMA auth TO {member};
  CREATE FUNCTION auth.uid() RETURNS uuid STABLE LANGUAGE sql AS $$
    SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
      (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
  CREATE TABLE elsewhere (id int PRIMARY KEY);
  INSERT INTO elsewhere VALUES (1);
  CREATE VIEW note_view WITH (security_invoker = true) AS SELECT * FROM note;
  DO $do$ DECLARE
    name text; condition text;
  BEGIN
    FOR name, condition IN VALUES
      ('direct', 'team IN (SELECT m.team FROM membership m)'),
      ('helped', 'team IN (SELECT private.teams())'),
      ('opaque', 'private.guess()'),
      ('timed', 'team > 0 AND now() > ''2000-01-01'''),
      ('unlisted', 'EXISTS (SELECT FROM elsewhere e WHERE e.id = team)'),
      ('random', 'random() < 2'),
      ('supabase', 'id = CASE (SELECT auth.uid()) WHEN ''${ANN}'' THEN 1 ELSE 2 END'),
      ('first', 'id = 1 AND current_user <> ''nobody''')
    LOOP
      EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, team int, body text)', name);
      EXECUTE format('INSERT INTO %I VALUES (1, 1, ''of one''), (2, 2, ''of two'')', name);
      EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
      EXECUTE format('CREATE POLICY p ON %I TO {member} USING (%s)', name, condition);
    END LOOP;
  END $do$;
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {member};
  GRANT SELECT ON notice TO {guest};
  GRANT SELECT, INSERT, DELETE ON membership TO {login};
  CREATE POLICY admit ON membership TO {login} USING (true);`

const names = [
  'note',
  'notice',
  'membership',
  'direct',
  'helped',
  'opaque',
  'timed',
  'unlisted',
  'random',
  'first',
  'supabase',
]
const tables = Object.fromEntries(names.map(name => [name, '1h']))

let world: TenantsWorld
let redis: RedisServer
const pools: Pool[] = []

beforeAll(async () => {
  world = await tenantsWorld(SCHEMA)
  redis = await startRedis()
})
afterEach(async () => {
  await Promise.all(pools.splice(0).map(pool => pool.end()))
})
afterAll(async () => {
  await world.close()
  await redis[Symbol.asyncDispose]()
})

let prefixes = 0

const as = (pool: Pool, sub: string, more = {}): PoolAs =>
  pool.as({ role: world.roles.member, claims: { sub, ...more } })

const open = (cache: object = {}): Pool => {
  const pool = world.pool({ cache: { tables, ...cache } as NonNullable<PoolOptions['cache']> })
  pools.push(pool)
  return pool
}

/** How a read came about. */
const statusOf = async (on: PoolAs | Pool, text: string, values?: unknown[]) =>
  (await (on as PoolAs).query(text, values)).cache?.status

/** Reads until it is answered by the cache. */
const keep = (on: PoolAs | Pool, text: string, values?: unknown[]) =>
  expect.poll(() => statusOf(on, text, values), { interval: 5 }).toBe('hit')

const NOTES = 'SELECT body FROM note'

describe.each([
  ['in this process', false],
  ['with Redis', true],
])('a cache %s', (_, shared) => {
  /** Two pools: with Redis they share what is kept, as two processes do. */
  const two = async (): Promise<[Pool, Pool]> => {
    prefixes += 1
    const tier = { redis: redis.url, prefix: `rls${prefixes}`, redisTimeout: '5s' }
    if (!shared) {
      const pool = open()
      return [pool, pool]
    }
    const both: [Pool, Pool] = [open(tier), open(tier)]
    for (const pool of both) await keep(as(pool, ANN), 'SELECT id FROM notice')
    return both
  }

  test('two tenants never get each other’s rows, by text, parameters or prepared statement, whatever is kept (H13)', async () => {
    const [one, other] = await two()
    const reads: ((on: PoolAs) => Promise<{ rows: { body: string }[] }>)[] = [
      on => on.query(NOTES),
      on => on.query(`${NOTES} WHERE id > $1`, [0]),
      on => on.query({ name: 'notes', text: `${NOTES} WHERE id < $1`, values: [9] }),
      on => on.query('SELECT body FROM note_view'),
      on => on.query('SELECT n.body FROM notice JOIN note n ON n.id > 0'),
    ]
    for (let round = 0; round < 4; round++) {
      for (const read of reads) {
        for (const pool of [one, other]) {
          expect(bodies(await read(as(pool, ANN)))).toEqual(['of Ann'])
          expect(bodies(await read(as(pool, BOB)))).toEqual(['of Bob'])
        }
      }
    }
    const { hits } = other.cache.stats()
    expect(hits.memory + hits.redis).toBeGreaterThan(10)
    if (shared) expect(hits.redis).toBeGreaterThan(0)
  })

  test('a write under one identity shows for all of them', async () => {
    const [one, other] = await two()
    const ALL = 'SELECT id, body FROM note WHERE body <> $1'
    for (const pool of [one, other]) for (const sub of [ANN, BOB]) await keep(as(pool, sub), ALL, [''])
    await as(one, ANN).query("UPDATE note SET body = 'new of Ann'")
    expect((await as(other, ANN).query(ALL, [''])).rows).toEqual([{ id: 1, body: 'new of Ann' }])
    await as(other, BOB).transaction(async tx => {
      await tx.query("UPDATE note SET body = 'new of Bob'")
      expect(bodies(await tx.query(NOTES))).toEqual(['new of Bob'])
      expect(bodies(await as(one, BOB).query(NOTES))).toEqual(['of Bob'])
    })
    expect(bodies(await as(one, BOB).query(NOTES))).toEqual(['new of Bob'])
    await as(one, ANN).query({ text: "UPDATE note SET body = 'of Ann' RETURNING body" })
    await as(one, BOB).query("UPDATE note SET body = 'of Bob'")
    expect(bodies(await as(other, ANN).query(NOTES))).toEqual(['of Ann'])
  })

  test.each(['direct', 'helped'])('a change of what a policy reads shows at once: %s (H13)', async table => {
    const [one, other] = await two()
    const text = `SELECT body FROM ${table}`
    await keep(as(other, ANN), text)
    await keep(as(other, BOB), text)
    expect(bodies(await as(other, ANN).query(text))).toEqual(['of one'])
    await one.query('INSERT INTO membership VALUES ($1, 2)', [ANN])
    expect(bodies(await as(other, ANN).query(text))).toEqual(['of one', 'of two'])
    expect(bodies(await as(other, BOB).query(text))).toEqual(['of two'])
    await keep(as(other, ANN), text)
    await one.query('DELETE FROM membership WHERE person = $1 AND team = 2', [ANN])
    expect(bodies(await as(other, ANN).query(text))).toEqual(['of one'])
  })

  test('equal reads of many identities at one moment are loads of their own', async () => {
    const [one] = await two()
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, at) => {
        const sub = at % 2 === 0 ? ANN : BOB
        const { rows } = await as(one, sub).query(`${NOTES} WHERE id <> $1`, [-1])
        return { sub, own: rows[0]?.body, rows: rows.length }
      }),
    )
    for (const { sub, own, rows } of answers) {
      expect(own).toBe(sub === ANN ? 'of Ann' : 'of Bob')
      expect(rows).toBe(1)
    }
  })

  test('reads that go around a write under way are not shared between identities (H13)', async () => {
    const [one] = await two()
    await Promise.all([as(one, ANN).query(NOTES), as(one, BOB).query(NOTES)])
    const reads = () => [ANN, BOB, ANN, BOB].map(sub => as(one, sub).query<{ body: string }>(NOTES))
    const writes = Array.from({ length: 10 }, () => as(one, ANN).query('UPDATE note SET body = body'))
    const seen = await Promise.all([...reads(), ...reads(), ...reads()])
    await Promise.all(writes)
    for (const [at, result] of seen.entries())
      expect(bodies(result)).toEqual([at % 2 === 0 ? 'of Ann' : 'of Bob'])
  })

  test('hits are compared with what the database answers to the same identity', async () => {
    prefixes += 1
    const tier = shared ? { redis: redis.url, prefix: `rls${prefixes}`, redisTimeout: '5s' } : {}
    const pool = open({ ...tier, shadowReads: 1 })
    const warnings: unknown[] = []
    pool.on('warning', warning => warnings.push(warning))
    for (const sub of [ANN, BOB]) await keep(as(pool, sub), NOTES)
    await expect
      .poll(async () => {
        for (const sub of [ANN, BOB]) await as(pool, sub).query(NOTES)
        return pool.cache.stats().shadowReads.compared
      })
      .toBeGreaterThan(4)
    expect(warnings).toEqual([])
    expect(pool.cache.stats().shadowReads.incoherent).toBe(0)
  })
})

test('what no policy makes depend on claims is shared by all identities of a role, and by no other role', async () => {
  const pool = open()
  await keep(as(pool, ANN), 'SELECT body FROM notice')
  expect(await statusOf(as(pool, BOB), 'SELECT body FROM notice')).toBe('hit')
  expect(await statusOf(pool, 'SELECT body FROM notice')).toBe('miss')
  expect(await statusOf(pool.as({ role: world.roles.guest }), 'SELECT body FROM notice')).toBe('miss')
  await keep(as(pool, ANN), 'SELECT body FROM first')
  expect(bodies(await as(pool, BOB).query('SELECT body FROM first'))).toEqual(['of one'])
  expect(await statusOf(as(pool, BOB), 'SELECT body FROM first')).toBe('hit')
})

test('a policy of Supabase, by auth.uid(), is cached for each person apart', async () => {
  const pool = open()
  const text = 'SELECT body FROM supabase'
  for (const [sub, own] of [
    [ANN, 'of one'],
    [BOB, 'of two'],
  ] as const) {
    await keep(as(pool, sub), text)
    expect(bodies(await as(pool, sub).query(text))).toEqual([own])
  }
})

test('other claims are another context; claims that are not handed over are none', async () => {
  const pool = open()
  await keep(as(pool, ANN, { aal: 1 }), NOTES)
  expect(await statusOf(as(pool, ANN, { aal: 2 }), NOTES)).toBe('miss')
  const strict = world.pool({ cache: { tables }, rls: { roles: [world.roles.member], claims: ['sub'] } })
  pools.push(strict)
  await keep(as(strict, ANN, { exp: 1 }), NOTES)
  expect(await statusOf(as(strict, ANN, { exp: 2 }), NOTES)).toBe('hit')
})

test('a role that lost its right to read gets no hit any more', async () => {
  const pool = open()
  const read = () => as(pool, ANN).query('SELECT body FROM direct')
  await keep(as(pool, ANN), 'SELECT body FROM direct')
  const admin = world.pool({ cache: { tables }, connectionString: world.url, rls: false })
  pools.push(admin)
  await admin.query(`REVOKE SELECT ON direct FROM ${world.roles.member}`)
  await pool.cache.invalidate({ tables: ['direct'] })
  await expect(read()).rejects.toMatchObject({ code: '42501' })
  await admin.query(`GRANT SELECT ON direct TO ${world.roles.member}`)
})

test.each([
  ['opaque', 'private.guess is not written in SQL'],
  ['timed', 'now() depends on the clock'],
  ['unlisted', 'elsewhere is not among the tables'],
  ['random', 'random is not immutable'],
])('a table whose policy cannot be followed is not cached, and explain says why: %s', async (table, why) => {
  const pool = open()
  const text = `SELECT body FROM ${table}`
  for (let at = 0; at < 3; at++) {
    const { cache, rows } = await as(pool, ANN).query(text)
    expect(cache).toMatchObject({ status: 'bypass', reason: 'row-level-security' })
    expect(rows.length).toBeGreaterThan(0)
  }
  const explanation = await pool.cache.explain(text, [], { underIdentity: true })
  expect(explanation).toMatchObject({ cacheable: false, reason: 'row-level-security' })
  expect(explanation.detail).toContain(`on ${table} cannot be followed`)
  expect(explanation.detail).toContain(why)
})

test('explain names what policies read among the dependencies; without an identity the table stays uncached', async () => {
  const pool = open()
  const under = await pool.cache.explain('SELECT body FROM helped WHERE id = $1', [1], {
    underIdentity: true,
  })
  expect(under).toMatchObject({ cacheable: true, dependsOn: ['public.helped by id', 'public.membership'] })
  expect(await pool.cache.explain('SELECT body FROM helped')).toMatchObject({ reason: 'row-level-security' })
  const without = world.pool({ cache: { tables }, rls: false })
  pools.push(without)
  await expect(without.cache.explain('SELECT 1', [], { underIdentity: true })).rejects.toMatchObject({
    name: 'OptionsError',
  })
})

test.each(['login', 'member'] as const)(
  'a schema of the %s’s own name never lends its tables to a kept result',
  async whose => {
    const schema = world.roles[whose]
    await world.admin.query(`CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.notice (id int, body text);
    INSERT INTO ${schema}.notice VALUES (1, 'own'); GRANT USAGE ON SCHEMA ${schema} TO ${schema};
    GRANT SELECT ON ${schema}.notice TO ${schema}`)
    const pool = open({ tables: { ...tables, 'public.notice': '1h' } })
    const text = 'SELECT body FROM notice'
    for (let at = 0; at < 3; at++) {
      const [own, others] = [await pool.query(text), await as(pool, ANN).query(text)]
      expect([bodies(own), bodies(others)]).toEqual(
        whose === 'login' ? [['own'], ['for all']] : [['for all'], ['own']],
      )
      expect(others.cache?.status).toBe('bypass')
    }
    await world.admin.query(`DROP SCHEMA ${schema} CASCADE`)
  },
)

test('a new policy counts from the moment it is there', async () => {
  const pool = open()
  const admin = world.pool({ cache: { tables }, connectionString: world.url, rls: false })
  pools.push(admin)
  await keep(as(pool, ANN), NOTES)
  await keep(as(pool, BOB), NOTES)
  const through = world.pool({ cache: { tables }, connectionString: world.url })
  pools.push(through)
  await keep(as(through, ANN), NOTES)
  await through.query('CREATE POLICY shut ON note AS RESTRICTIVE USING (id > 1)')
  expect(bodies(await as(through, ANN).query(NOTES))).toEqual([])
  await through.query('DROP POLICY shut ON note')
  expect(bodies(await as(through, ANN).query(NOTES))).toEqual(['of Ann'])
})

test('a write that only the role may make is not lost to attribution', async () => {
  const pool = open()
  await world.admin.query(
    `REVOKE SELECT ON notice FROM ${world.roles.member}; GRANT INSERT ON notice TO ${world.roles.member}`,
  )
  const fresh = open()
  const write = (id: number) => as(fresh, ANN).query('INSERT INTO notice VALUES ($1, $2)', [id, 'more'])
  await keep(pool, 'SELECT count(*) FROM notice')
  expect(await write(50)).toMatchObject({ rowCount: 1 })
  await as(fresh, ANN).transaction(tx => tx.query('INSERT INTO notice VALUES (51, $1)', ['more']))
  await world.admin.query(
    `GRANT SELECT ON notice TO ${world.roles.member}; DELETE FROM notice WHERE id >= 50`,
  )
})
