import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import type { Pool } from 'holdfast'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../dist/base/clock.js'
import { RoleCheck } from '../../dist/connections/role-check.js'
import { ANN, BOB, bodies, type TenantsWorld, tenantsWorld } from './world.js'

let world: TenantsWorld
let pool: Pool
const NOTES = 'SELECT body FROM note'
const WHO = `SELECT current_user::text AS role, coalesce(current_setting('request.jwt.claims', true), '') AS claims`

beforeAll(async () => {
  world = await tenantsWorld()
  pool = world.pool({ max: 1 })
})
afterAll(() => world.close())

const as = (sub: string, from: Pool = pool) => from.as({ role: world.roles.member, claims: { sub } })

/** Who the next borrower of the only connection is. */
const next = async (from: Pool = pool) => (await from.query(WHO)).rows[0]
const nobody = () => ({ role: world.roles.login, claims: '' })

test('each identity sees its own rows, by text, parameters, prepared statement and in a transaction', async () => {
  for (const [sub, own] of [
    [ANN, 'of Ann'],
    [BOB, 'of Bob'],
    [ANN, 'of Ann'],
  ] as const) {
    expect(bodies(await as(sub).query(NOTES))).toEqual([own])
    expect(bodies(await as(sub).query(`${NOTES} WHERE id > $1`, [0]))).toEqual([own])
    const named = { name: 'notes', text: `${NOTES} WHERE id < $1`, values: [10] }
    expect(bodies(await as(sub).query(named))).toEqual([own])
    expect(await as(sub).transaction(async tx => bodies(await tx.query(NOTES)))).toEqual([own])
    expect(await as(sub).query({ text: NOTES, rowMode: 'array' })).toMatchObject({ rows: [[own]] })
    expect(await next()).toEqual(nobody())
  }
  await expect(pool.query(NOTES)).rejects.toMatchObject({ code: '42501' })
})

test('writes are checked by the policies, and take effect', async () => {
  const insert = 'INSERT INTO note VALUES ($1, $2, $3)'
  expect(await as(ANN).query(insert, [10, ANN, 'new'])).toMatchObject({ rowCount: 1 })
  await expect(as(ANN).query(insert, [11, BOB, 'forged'])).rejects.toMatchObject({ code: '42501' })
  expect(await as(BOB).query("UPDATE note SET body = 'taken'")).toMatchObject({ rowCount: 1 })
  expect(await as(BOB).query('DELETE FROM note WHERE id = 10')).toMatchObject({ rowCount: 0 })
  expect(bodies(await world.admin.query(NOTES))).toEqual(['new', 'of Ann', 'taken'])
  await world.admin.query("DELETE FROM note WHERE id = 10; UPDATE note SET body = 'of Bob' WHERE id = 2")
})

test('a query takes one round trip', async () => {
  const statements: string[] = []
  const client = await pool.connect()
  const { stream } = (client as unknown as { connection: { stream: NodeJS.WritableStream } }).connection
  client.release()
  const { write } = stream
  stream.write = ((data: Buffer, ...rest: never[]) => {
    statements.push(data.toString('latin1'))
    return write.call(stream, data as never, ...rest)
  }) as typeof stream.write
  await as(ANN).query(NOTES)
  stream.write = write
  // The server answers a Sync, and nothing before it.
  const sent = statements.join('').replaceAll('S\0\0\0\x04', ' SYNC')
  expect(sent.match(/BEGIN|set_config|FROM note|COMMIT|SYNC/g)).toEqual([
    'BEGIN',
    'set_config',
    'set_config',
    'FROM note',
    'COMMIT',
    'SYNC',
  ])
})

test('nothing of an identity is left for the next borrower, however its query ends', async () => {
  const gentle = world.pool({ max: 1, rls: { roles: [world.roles.member] } })
  const warnings: unknown[] = []
  gentle.on('warning', warning => warnings.push(warning))
  gentle.on('error', () => undefined)
  const ann = as(ANN, gentle)
  await ann.query(NOTES)
  const aborted = new AbortController()
  const ends: (() => Promise<unknown>)[] = [
    () => ann.query('SELECT 1 / 0'),
    () => ann.query('SELECT nothing FROM nowhere'),
    () => ann.query('SELECT $1::int', ['no number']),
    () => ann.query({ text: 'SELECT pg_sleep(60)', timeout: 50 }),
    () => {
      setTimeout(() => aborted.abort(), 50)
      return ann.query({ text: 'SELECT pg_sleep(60)', signal: aborted.signal })
    },
    () => ann.query({ text: 'SELECT pg_terminate_backend(pg_backend_pid())', retry: false }),
    () =>
      ann.transaction(async tx => {
        await tx.query(NOTES)
        throw new Error('changed my mind')
      }),
    () => ann.transaction(tx => tx.query('SELECT pg_sleep(60)'), { timeout: 50 }),
    () => ann.transaction(tx => tx.query('SELECT 1 / 0').catch(() => undefined)),
    () => ann.transaction(tx => tx.transaction(inner => inner.query('SELECT 1 / 0'))),
    () => ann.transaction(tx => tx.query('SELECT pg_terminate_backend(pg_backend_pid())')),
  ]
  for (const end of ends) {
    await expect(end(), String(end)).rejects.toThrow()
    expect(await next(gentle), String(end)).toEqual(nobody())
  }
  expect(warnings).toEqual([])
})

test('many identities at once over few connections never see each other', async () => {
  const busy = world.pool({ max: 2 })
  const calls = Array.from({ length: 200 }, async (_, at) => {
    const [sub, own] = at % 2 === 0 ? [ANN, 'of Ann'] : [BOB, 'of Bob']
    if (at % 10 === 0)
      await as(sub, busy)
        .query('SELECT 1 / 0')
        .catch(() => undefined)
    if (at % 7 === 0) return expect(await next(busy)).toEqual(nobody())
    const rows =
      at % 3 === 0
        ? await as(sub, busy).transaction(tx => tx.query<{ body: string }>(NOTES))
        : await as(sub, busy).query<{ body: string }>(NOTES)
    expect(bodies(rows)).toEqual([own])
  })
  await Promise.all(calls)
})

test.each([
  'COMMIT',
  'ROLLBACK; SELECT 1',
  'SELECT 1; COMMIT; SELECT body FROM note',
  '/* SELECT */ SET ROLE none',
  'SET LOCAL ROLE none',
  'RESET ROLE',
  "SET request.jwt.claims = '{}'",
  'DISCARD ALL',
  'SET SESSION AUTHORIZATION DEFAULT',
  "SELECT set_config('role', 'none', false)",
  `SELECT pg_catalog."set_config"('role', 'none', false)`,
  `SELECT U&"set\\005fconfig"('role', 'none', true)`,
  "DO $$ BEGIN EXECUTE 'RESET ROLE'; END $$",
  'PREPARE p AS SELECT 1',
  'LISTEN x',
  'BEGIN',
  'SAVEPOINT s',
  'this is not SQL',
  '',
])('what could leave an identity is refused before it is sent: %s', async text => {
  await as(ANN).query(NOTES)
  const refusal = { code: 'HOLDFAST_IDENTITY', category: 'permission', retry: 'never' }
  await expect(as(ANN).query(text)).rejects.toMatchObject(refusal)
  await as(ANN).transaction(async tx => {
    await expect(tx.query(text)).rejects.toMatchObject(refusal)
    await expect(tx.transaction(inner => inner.query(text))).rejects.toMatchObject(refusal)
    expect(bodies(await tx.query(NOTES))).toEqual(['of Ann'])
  })
  expect(await next()).toEqual(nobody())
})

test('the identity of a transaction holds in its savepoints', async () => {
  const seen = await as(ANN).transaction(async tx => {
    const before = (await tx.query(WHO)).rows[0]
    await tx.transaction(async inner => expect((await inner.query(WHO)).rows[0]).toEqual(before))
    return before
  })
  expect(seen).toEqual({ role: world.roles.member, claims: JSON.stringify({ sub: ANN }) })
})

test('roles that are not listed, do not exist, or pass by row-level security are refused', async () => {
  const refusal = { code: 'HOLDFAST_IDENTITY' }
  for (const role of ['postgres', world.roles.login, '', 'none', 7, undefined, `${world.roles.member}"; --`])
    expect(() => pool.as({ role: role as string })).toThrow(expect.objectContaining(refusal))
  const ghost = world.pool({ rls: { roles: ['nobody_at_all'] } }).as({ role: 'nobody_at_all' })
  await expect(ghost.query('SELECT 1')).rejects.toMatchObject(refusal)
  const passing = pool.as({ role: world.roles.passing })
  await expect(passing.query(NOTES)).rejects.toMatchObject(refusal)
  await expect(passing.transaction(tx => tx.query(NOTES))).rejects.toMatchObject(refusal)
  expect(() => world.pool({ rls: false }).as({ role: world.roles.member })).toThrow(
    expect.objectContaining(refusal),
  )
})

test.each([
  [{ roles: ['service_role'] }, 'rls.roles[0]'],
  [{ roles: ['none'] }, 'rls.roles[0]'],
  [{ roles: ['pg_read_all_data'] }, 'rls.roles[0]'],
  [{ roles: ['Supabase_Admin'] }, 'rls.roles[0]'],
  [{ roles: [''] }, 'rls.roles[0]'],
  [{ roles: ['a\0b'] }, 'rls.roles[0]'],
  [{ roles: ['x'.repeat(64)] }, 'rls.roles[0]'],
  [{ roles: [] }, 'rls.roles'],
  [{ roles: 'member' }, 'rls.roles'],
  [{}, 'rls.roles'],
  [{ roles: ['member'], claims: 'sub' }, 'rls.claims'],
  [{ roles: ['member'], maxClaimsBytes: 0 }, 'rls.maxClaimsBytes'],
  [{ roles: ['member'], role: 'x' }, 'rls.role'],
  [true, 'rls.'],
])('the option %j is refused at %s', (rls, path) => {
  expect(() => world.pool({ rls: rls as never })).toThrow(
    expect.objectContaining({ name: 'OptionsError', path }),
  )
})

class Claims {
  sub = ANN
}
const circular: Record<string, unknown> = {}
circular.self = circular
const deep = JSON.parse(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`)

test.each([
  ['a text', '{"sub":"x"}'],
  ['a list', [1]],
  ['null', null],
  ['an instance', new Claims()],
  ['a circle', circular],
  ['a bigint', { n: 1n }],
  ['too many bytes', { sub: 'x'.repeat(9_000) }],
  ['too deep', deep],
  ['a NUL', { sub: 'a\0b' }],
  [
    'a toJSON that throws',
    {
      sub: {
        toJSON: () => {
          throw new Error('no')
        },
      },
    },
  ],
])('claims that are %s are refused without telling them', (_, claims) => {
  const given = () => pool.as({ role: world.roles.member, claims: claims as never })
  expect(given).toThrow(expect.objectContaining({ code: 'HOLDFAST_IDENTITY' }))
  expect(given).not.toThrow(/sub|xxx/)
})

test.each([
  `'; RESET ROLE; --`,
  `\\'; RESET ROLE; --`,
  `\\\\'||'`,
  '{"role":"postgres"}',
  '\\u0000 spelled out',
  'Ünïcødé 😀 \u2028 \ud800',
  '$1 $$ %s ?',
  '__proto__',
])('claims arrive as they were given: %s', async text => {
  const claims = { sub: ANN, text, [text]: { nested: [text] } }
  const { rows } = await pool.as({ role: world.roles.member, claims }).query(WHO)
  expect(rows[0].role).toBe(world.roles.member)
  expect(JSON.parse(rows[0].claims)).toEqual(claims)
})

test('with rls.claims only those are handed over', async () => {
  const strict = world.pool({ rls: { roles: [world.roles.member], claims: ['sub'] } })
  const { rows } = await strict.as({ role: world.roles.member, claims: { sub: ANN, exp: 1 } }).query(WHO)
  expect(rows[0].claims).toBe(JSON.stringify({ sub: ANN }))
})

test('a lost connection under a read is retried under the identity', async () => {
  const retrying = world.pool({ max: 1 })
  retrying.on('error', () => undefined)
  await as(ANN, retrying).query(NOTES)
  const pid = (await retrying.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
  await world.admin.query('SELECT pg_terminate_backend($1, 5000)', [pid])
  expect(bodies(await as(ANN, retrying).query({ text: NOTES, readOnly: true }))).toEqual(['of Ann'])
})

test('a prepared statement whose plan no longer fits is prepared anew under the identity', async () => {
  const named = { name: 'all', text: 'SELECT * FROM notice' }
  expect((await as(ANN).query(named)).rows).toEqual([{ id: 1, body: 'for all' }])
  await world.admin.query('ALTER TABLE notice ADD COLUMN more int')
  expect((await as(ANN).query(named)).rows).toEqual([{ id: 1, body: 'for all', more: null }])
  await world.admin.query('ALTER TABLE notice DROP COLUMN more')
  expect(await next()).toEqual(nobody())
})

test('limits of a call hold while the role is looked at too, and a role that passed is not asked about again', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const waiting = world.pool({
    connectionString: `postgres://nobody@127.0.0.1:${port}/none`,
    connectionTimeoutMillis: 600_000,
  })
  const never = as(ANN, waiting)
  const timeout = { category: 'timeout', retry: 'safe' }
  await expect(never.query({ text: NOTES, timeout: 20 })).rejects.toMatchObject(timeout)
  await expect(never.transaction(tx => tx.query(NOTES), { timeout: 20 })).rejects.toMatchObject(timeout)
  const signal = AbortSignal.abort()
  await expect(never.query({ text: NOTES, signal })).rejects.toMatchObject({
    category: 'aborted',
    retry: 'safe',
  })
  await waiting.end({ timeout: 0 })
  silent.close()
  const fresh = world.pool()
  let questions = 0
  const counting = new RoleCheck(
    async (text, values) => {
      questions++
      return fresh.query(text, values)
    },
    { ...systemClock, now: () => instant },
  )
  let instant = 0
  const ask = (role: string) =>
    counting.passed(role, { deadline: Number.POSITIVE_INFINITY, signal: undefined })
  await Promise.all([1, 2, 3].map(() => ask(world.roles.member)))
  expect(questions).toBe(1)
  instant = 60_000
  await world.admin.query(`ALTER ROLE ${world.roles.member} BYPASSRLS`)
  await expect.poll(() => ask(world.roles.member).catch(error => error.code)).toBe('HOLDFAST_IDENTITY')
  await world.admin.query(`ALTER ROLE ${world.roles.member} NOBYPASSRLS`)
  await ask(world.roles.member)
})

test('priority, deadline and options of a transaction hold as on the pool', async () => {
  await expect(as(ANN).query({ text: NOTES, priority: 'urgent' as never })).rejects.toMatchObject({
    name: 'OptionsError',
  })
  await expect(
    as(ANN).transaction(tx => tx.query('DELETE FROM note'), { readOnly: true }),
  ).rejects.toMatchObject({
    code: '25006',
  })
  const isolation = await as(ANN).transaction(
    async tx => (await tx.query(`SELECT current_setting('transaction_isolation') AS level`)).rows[0]?.level,
    { isolation: 'serializable' },
  )
  expect(isolation).toBe('serializable')
})
