import { type RedisServer, type SeededRandom, seededRandom, startRedis } from '@holdfast/testkit'
import type { Pool, PoolAs } from 'holdfast'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TenantsWorld, tenantsWorld } from './world.js'

const PEOPLE = [1, 2, 3].map(n => `00000000-0000-0000-0000-00000000000${n}`)
/** More for longer runs; `HOLDFAST_SEED` repeats one. */
const ROUNDS = Number(process.env.HOLDFAST_RLS_ROUNDS ?? 10)
const READERS = PEOPLE.slice(0, 2)
const TEAMS = [1, 2, 3, 4]
/** Nobody is ever a member of it: its rows are the admin's alone. */
const CLOSED = 9

/** Who is in a team decides which documents one sees: a policy that reads another table, whose policy reads claims. */
const SCHEMA = `
  CREATE TABLE membership (person uuid, team int, PRIMARY KEY (person, team));
  CREATE TABLE doc (id int PRIMARY KEY, team int NOT NULL, n int NOT NULL DEFAULT 0);
  INSERT INTO membership SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, n FROM generate_series(1, 3) n;
  INSERT INTO doc (id, team) SELECT n, 1 + n % 4 FROM generate_series(1, 12) n;
  INSERT INTO doc (id, team) VALUES (90, ${CLOSED}), (91, ${CLOSED});
  ALTER TABLE membership ENABLE ROW LEVEL SECURITY;
  ALTER TABLE doc ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON membership TO {member} USING (
    person = (SELECT (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid));
  CREATE POLICY team ON doc TO {member} USING (team IN (SELECT m.team FROM membership m));
  CREATE POLICY admin ON membership TO {login} USING (true);
  CREATE POLICY admin ON doc TO {login} USING (true);
  GRANT SELECT, INSERT, UPDATE, DELETE ON doc, membership TO {member}, {login};`

const READS = [
  'SELECT id, team, n FROM doc ORDER BY id',
  'SELECT id, team, n FROM doc WHERE id = $1',
  'SELECT count(*)::int AS n, max(n) AS most FROM doc WHERE team = $1',
  'SELECT d.id, d.n FROM membership m JOIN doc d ON d.team = m.team AND d.id > $1 ORDER BY 1',
]

let world: TenantsWorld
let redis: RedisServer
/** Two processes, as far as the cache can tell. */
let pools: Pool[]

beforeAll(async () => {
  world = await tenantsWorld(SCHEMA)
  redis = await startRedis()
  const tables = { doc: { ttl: '1h', keys: ['team'] }, membership: '1h' } as const
  pools = [1, 2].map(() => world.pool({ cache: { tables, redis: redis.url, redisTimeout: '5s' } }))
})
afterAll(async () => {
  await world.close()
  await redis[Symbol.asyncDispose]()
})

const as = (pool: Pool, sub: string): PoolAs => pool.as({ role: world.roles.member, claims: { sub } })

/** What the database answers, past every pool. */
async function truth(sub: string, text: string, values: unknown[]): Promise<unknown[]> {
  const { admin, roles } = world
  await admin.query(
    `BEGIN; SET LOCAL ROLE ${roles.member}; SET LOCAL request.jwt.claims = '{"sub":"${sub}"}'`,
  )
  const { rows } = await admin.query(text, values)
  await admin.query('ROLLBACK')
  return rows
}

/** One change by somebody who may make it: through the pool's own user, or under an identity. */
async function change(random: SeededRandom): Promise<unknown> {
  const pool = random.pick(pools)
  const [sub, team, id] = [random.pick(PEOPLE), random.pick(TEAMS), random.int(1, 12)]
  switch (random.int(0, 6)) {
    case 0:
      return pool.query('INSERT INTO membership VALUES ($1, $2) ON CONFLICT DO NOTHING', [sub, team])
    case 1:
      return pool.query('DELETE FROM membership WHERE person = $1 AND team = $2', [sub, team])
    case 2:
      return pool.query('UPDATE doc SET team = $2 WHERE id = $1', [id, team])
    case 3:
      return as(pool, sub).query('UPDATE doc SET n = n + 1 WHERE id = $1', [id])
    case 4:
      return as(pool, sub).transaction(async tx => {
        await tx.query('UPDATE doc SET n = n + 1')
        const undone = tx.transaction(async inner => {
          await inner.query('UPDATE doc SET n = n + 100')
          throw new Error('undone')
        })
        await undone.catch(() => undefined)
      })
    case 5:
      return as(pool, sub)
        .transaction(async tx => {
          await tx.query('DELETE FROM doc WHERE id = $1', [id])
          throw new Error('rolled back')
        })
        .catch(() => undefined)
    default:
      return pool.query('UPDATE doc SET n = n + 1 WHERE team = $1', [CLOSED])
  }
}

test('whatever is written, and whoever reads through whichever process, gets what the database would answer to them', async () => {
  const random = seededRandom()
  const warm = (pool: Pool) =>
    expect
      .poll(async () => (await as(pool, READERS[0] as string).query(READS[0] as string)).cache?.status)
      .toBe('hit')
  await Promise.all(pools.map(warm))
  let hits = 0
  for (let round = 0; round < ROUNDS; round++) {
    // Once to have it kept, once to have it from there; then the change.
    for (const isKept of [false, true, false]) {
      for (const sub of READERS) {
        for (const text of READS) {
          const values = text.includes('$1') ? [1] : []
          const expected = await truth(sub, text, values)
          const answers = await Promise.all(pools.map(pool => as(pool, sub).query(text, values)))
          for (const { rows, cache } of answers)
            expect(rows, `seed ${random.seed}, round ${round}, ${cache?.status}: ${text}`).toEqual(expected)
          if (isKept) hits += answers.filter(({ cache }) => cache?.status === 'hit').length
        }
      }
      if (isKept) await change(random)
    }
  }
  expect(hits, `seed ${random.seed}`).toBeGreaterThan(ROUNDS * 4)
})

test('with everything at once nobody ever gets a row that was never theirs', async () => {
  const random = seededRandom()
  const lane = async (own: SeededRandom) => {
    for (let step = 0; step < 25; step++) {
      if (own.next() < 0.2) await change(own)
      const sub = own.pick(PEOPLE)
      const { rows } = await as(own.pick(pools), sub).query(READS[0] as string)
      expect(
        rows.map(({ team }) => team),
        `seed ${random.seed}`,
      ).not.toContain(CLOSED)
      const { rows: mine } = await as(own.pick(pools), sub).query('SELECT person::text FROM membership')
      expect(new Set(mine.map(({ person }) => person)).size, `seed ${random.seed}`).toBeLessThan(2)
      for (const { person } of mine) expect(person, `seed ${random.seed}`).toBe(sub)
    }
  }
  await Promise.all(Array.from({ length: 6 }, () => lane(random.fork())))
})
