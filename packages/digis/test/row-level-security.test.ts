import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import {
  ANONYMOUS,
  APP_SERVICE,
  type Digis,
  enableRowLevelSecurity,
  personIdentity,
  type Session,
  type User,
} from '@holdfast/digis'
import { temporaryDatabase } from '@holdfast/testkit'
import { type IdentityOptions, Pool } from 'holdfast'
import { beforeAll, describe, expect, test } from 'vitest'
import { newIdentifiedDigis } from './identified-digis.js'
import { migratedDatabase, newCreator, newFan, only } from './new-digis.js'

/** Who may do what at all: select, insert, update, delete. What is not here is refused. */
const MATRIX: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  users: { anon: 's', authenticated: 'siu', app_service: 's' },
  sessions: { authenticated: 'siu' },
  payments: { authenticated: 'si' },
  token_accounts: { authenticated: 's', app_service: 'siu' },
  idempotency_keys: { authenticated: 'siu', app_service: 'siud' },
  creator_documents: { anon: 's', authenticated: 's', app_service: 's' },
  search_words: { anon: 's', authenticated: 's', app_service: 's' },
  creator_daily_stats: { authenticated: 's' },
  creator_daily_stats_state: { authenticated: 's', app_service: 'su' },
  creator_stats: { app_service: 's' },
  query_statistics: { app_service: 'siu' },
  partition_policies: {},
  maintenance_runs: {},
  ledger_accounts: { authenticated: 's', app_service: 's' },
  ledger_transfers: { authenticated: 's', app_service: 's' },
  ledger_entries: { authenticated: 's', app_service: 's' },
  provider_events: { app_service: 's' },
}
/** Policies never hold for it. */
const MATERIALIZED = 'creator_stats'
const ROLES = ['anon', 'authenticated', 'app_service']
const COMMANDS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE']

/** Owns the schema: the login of a default installation. */
let owner: Digis
/** Logs in with no rights but to become one of the roles. */
let service: Digis
let creator: User
let fan: User
let stranger: User
let session: Session

beforeAll(async () => {
  ;({ owner, service } = await newIdentifiedDigis())
  ;[creator, fan, stranger] = [await newCreator(owner, 'dancing'), await newFan(owner), await newFan(owner)]
  session = only(await owner.createSession(creator.id, fan.id))
  await owner.createPayment(session.id, 10, 1)
  await owner.atomicTokenUpdate(fan.id, 5, 'add')
  await owner.query(
    `INSERT INTO idempotency_keys (subject, key, route, request_hash, created_at)
     SELECT s, k, 'GET /', sha256(''), now() - age FROM unnest($1::text[], $2::text[], $3::interval[]) AS t (s, k, age)`,
    [
      [fan.supabase_id, creator.supabase_id, 'service_role'],
      ['young', 'old', 'own'],
      ['1 hour', '3 days', '1 hour'],
    ],
  )
})

const me = (user: User) => personIdentity(user.supabase_id)
const asUser = (user: User) => service.with({ as: me(user) })

describe('the matrix', () => {
  test('is what the database has: each policy is for one command and one role, and named so', async () => {
    const { rows } = await owner.query(
      'SELECT tablename, policyname, cmd, roles::text[], permissive FROM pg_policies WHERE schemaname = current_schema()',
    )
    const found = rows.map(({ tablename, policyname, cmd, roles, permissive }) => {
      expect(roles, policyname).toHaveLength(1)
      expect([policyname, permissive]).toEqual([
        `${tablename}_${cmd.toLowerCase()}_${roles[0]}`,
        'PERMISSIVE',
      ])
      return policyname
    })
    const tables = Object.entries(MATRIX).filter(([table]) => table !== MATERIALIZED)
    const declared = tables.flatMap(([table, byRole]) =>
      Object.entries(byRole).flatMap(([role, commands]) =>
        COMMANDS.filter(command => commands.includes(command[0]?.toLowerCase() as string)).map(
          command => `${table}_${command.toLowerCase()}_${role}`,
        ),
      ),
    )
    expect(found.sort()).toEqual(declared.sort())
  })

  test('is what the guide tells: which role reaches which table', () => {
    const guide = readFileSync(new URL('../../../docs/guides/row-level-security.md', import.meta.url), 'utf8')
    const told = [...guide.matchAll(/^\| `(\w+)` \| (.+?) \| (.+?) \| (.+?) \|$/gm)].map(
      ([, table, ...cells]) => [table, ROLES.filter((_, at) => cells[at] !== '–')],
    )
    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(MATRIX).map(([table, byRole]) => [table, Object.keys(byRole)])),
    )
  })

  const cells = Object.keys(MATRIX).flatMap(table => ROLES.map(role => [table, role] as const))

  test.each(cells)(
    '%s, %s: each command is granted as it says, and asked of the server',
    async (table, role) => {
      for (const command of COMMANDS) {
        const isAllowed = MATRIX[table]?.[role]?.includes(command[0]?.toLowerCase() as string) === true
        const { rows } = await owner.query(
          `SELECT has_table_privilege($1, $2, $3) OR CASE WHEN $3 <> 'DELETE' THEN has_any_column_privilege($1, $2, $3) ELSE false END AS granted`,
          [role, table, command],
        )
        expect(rows[0].granted, command).toBe(isAllowed)
        const text = {
          SELECT: `SELECT 1 FROM ${table}`,
          // Of nothing, so that only the right to it is asked for.
          INSERT: `INSERT INTO ${table} (${COLUMN[table]?.[0]}) SELECT NULL WHERE false`,
          UPDATE: `UPDATE ${table} SET ${COLUMN[table]?.[1]} = NULL WHERE false`,
          DELETE: `DELETE FROM ${table} WHERE false`,
        }[command]
        const run = service.pool.as({ role, claims: { sub: fan.supabase_id } }).query(text as string)
        if (isAllowed) await run
        else await expect(run, command).rejects.toMatchObject({ code: '42501' })
      }
    },
  )

  test('has every table; no role can reach another one, a partition included, and none is open', async () => {
    const { rows } = await owner.query(
      `SELECT relname, relrowsecurity, relispartition, EXISTS (
                SELECT FROM unnest($1::text[]) AS role
                 WHERE has_any_column_privilege(role, oid, 'SELECT, INSERT, UPDATE')
                    OR has_table_privilege(role, oid, 'DELETE, TRUNCATE')) AS reached
         FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = current_schema()::regnamespace`,
      [ROLES],
    )
    const tables = rows.filter(row => !row.relispartition)
    expect(tables.map(row => row.relname).sort()).toEqual(Object.keys(MATRIX).sort())
    expect(rows.length).toBeGreaterThan(tables.length)
    for (const { relname, relrowsecurity, reached } of rows) {
      expect(relrowsecurity, relname).toBe(relname !== MATERIALIZED)
      expect(reached, relname).toBe(Object.keys(MATRIX[relname] ?? {}).length > 0)
    }
  })
})

/** A column of each table that may be inserted, and one that may be updated. */
const COLUMN: Readonly<Record<string, readonly [string, string]>> = {
  users: ['supabase_id', 'bio'],
  sessions: ['fan_id', 'end_time'],
  payments: ['session_id', 'amount'],
  token_accounts: ['user_id', 'balance'],
  idempotency_keys: ['subject', 'status'],
  creator_documents: ['creator_id', 'names'],
  search_words: ['word', 'word'],
  creator_daily_stats: ['creator_id', 'payments'],
  creator_daily_stats_state: ['complete', 'complete'],
  creator_stats: ['creator_id', 'payments'],
  query_statistics: ['fingerprint', 'calls'],
  partition_policies: ['table_name', 'ahead'],
  maintenance_runs: ['job', 'ran_at'],
  ledger_accounts: ['user_id', 'balance'],
  ledger_transfers: ['kind', 'memo'],
  ledger_entries: ['account_id', 'amount'],
  provider_events: ['event_id', 'outcome'],
}

/** What each identity gets of the rows that are there: how many, or the error. */
const ROWS: readonly (readonly [who: string, text: string, expected: number | string])[] = [
  ['nobody', 'SELECT FROM users', 1],
  ['nobody', 'SELECT FROM users WHERE NOT is_creator', 0],
  ['fan', 'SELECT FROM users', 3],
  ['fan', "UPDATE users SET bio = 'x'", 1],
  ['fan', 'UPDATE users SET supabase_id = supabase_id', '42501'],
  ['fan', 'INSERT INTO users (supabase_id) VALUES (gen_random_uuid())', '42501'],
  ['newcomer', 'INSERT INTO users (supabase_id) VALUES ($subject)', 1],
  ['fan', "UPDATE users SET display_name = 'Me', username = 'me.2'", 1],
  ['nobody', "UPDATE users SET display_name = 'Me'", '42501'],
  ['service', "UPDATE users SET username = 'me.2'", '42501'],
  ['newcomer', "INSERT INTO users (supabase_id, display_name, username) VALUES ($subject, 'Me', 'me.2')", 1],
  ['newcomer', 'SELECT FROM sessions', 0],
  ['fan', 'SELECT FROM sessions', 1],
  ['creator', 'SELECT FROM sessions', 1],
  ['stranger', 'SELECT FROM sessions', 0],
  ['stranger', 'UPDATE sessions SET end_time = now()', 0],
  ['creator', 'UPDATE sessions SET end_time = now()', 1],
  ['fan', 'UPDATE sessions SET fan_id = creator_id', '42501'],
  ['stranger', 'INSERT INTO sessions (creator_id, fan_id) SELECT $creator, $fan', '42501'],
  ['stranger', 'INSERT INTO sessions (creator_id, fan_id) SELECT $creator, $stranger', 1],
  ['fan', 'SELECT FROM payments', 1],
  ['creator', 'SELECT FROM payments', 1],
  ['stranger', 'SELECT FROM payments', 0],
  ['fan', 'INSERT INTO payments (session_id, amount) SELECT $session, 1', 1],
  ['creator', 'INSERT INTO payments (session_id, amount) SELECT $session, 1', '42501'],
  ['fan', 'SELECT FROM token_accounts', 1],
  ['stranger', 'SELECT FROM token_accounts', 0],
  ['service', 'UPDATE token_accounts SET balance = balance + 1', 1],
  ['fan', 'SELECT FROM idempotency_keys', 1],
  ['creator', 'SELECT FROM idempotency_keys', 1],
  ['stranger', 'SELECT FROM idempotency_keys', 0],
  ['stranger', "UPDATE idempotency_keys SET status = 200, body = '1'", 0],
  ['service', 'SELECT FROM idempotency_keys', 2],
  ['service', 'DELETE FROM idempotency_keys', 1],
  ['nobody', 'SELECT FROM creator_documents', 1],
  ['fan', 'UPDATE users SET is_creator = true', 1],
  ['creator', 'SELECT FROM creator_daily_stats', 1],
  ['fan', 'SELECT FROM creator_daily_stats', 0],
  // Tokens; money.
  ['fan', 'SELECT FROM ledger_accounts', 1],
  ['creator', 'SELECT FROM ledger_accounts', 1],
  ['stranger', 'SELECT FROM ledger_accounts', 0],
  ['newcomer', 'SELECT FROM ledger_entries', 0],
  ['fan', 'SELECT FROM ledger_entries', 1],
  ['creator', 'SELECT FROM ledger_entries', 1],
  ['stranger', 'SELECT FROM ledger_entries', 0],
  ['fan', 'SELECT id, kind, memo FROM ledger_transfers', 1],
  ['fan', 'SELECT idempotency_key FROM ledger_transfers', '42501'],
  ['creator', "SELECT kind FROM ledger_transfers WHERE kind = 'payment'", 1],
  ['stranger', 'SELECT kind FROM ledger_transfers', 0],
  ['service', 'SELECT DISTINCT kind FROM ledger_transfers', 2],
  ['service', 'SELECT FROM ledger_entries', 4],
  ['service', 'SELECT FROM creator_stats', 0],
  [
    'service',
    "UPDATE idempotency_keys SET status = 200, body = '1' WHERE subject <> 'service_role'",
    '42501',
  ],
]

test.each(ROWS)('%s: %s gives %s', async (who, text, expected) => {
  const newcomer = randomUUID()
  const identities: Readonly<Record<string, IdentityOptions>> = {
    nobody: ANONYMOUS,
    service: APP_SERVICE,
    fan: me(fan),
    creator: me(creator),
    stranger: me(stranger),
    newcomer: personIdentity(newcomer),
  }
  const ids = {
    creator: creator.id,
    fan: fan.id,
    stranger: stranger.id,
    session: session.id,
    subject: `'${newcomer}'`,
  }
  const filled = text.replace(/\$([a-z]+)/g, (_, name) => String(ids[name as 'fan']))
  const undo = new Error('undone')
  const run = service.pool.as(identities[who] as IdentityOptions).transaction(async tx => {
    const { rowCount } = await tx.query(filled)
    expect(rowCount).toBe(expected)
    throw undo
  })
  if (typeof expected === 'string') await expect(run).rejects.toMatchObject({ code: expected })
  else await expect(run).rejects.toBe(undo)
})

test('without a subject, or with one that is none, nobody’s rows are seen', async () => {
  for (const claims of [
    {},
    { sub: null },
    { sub: 7 },
    { sub: "' OR true --" },
    { sub: [fan.supabase_id] },
    { sub: '' },
  ]) {
    const { rows } = await service.pool.as({ role: 'authenticated', claims }).query('SELECT FROM sessions')
    expect(rows, JSON.stringify(claims)).toEqual([])
  }
})

test('the login of the service sees nothing by itself, the owner everything', async () => {
  await expect(service.query('SELECT FROM users')).rejects.toMatchObject({ code: '42501' })
  expect((await owner.query('SELECT FROM users')).rowCount).toBe(3)
  expect(await owner.getTokenBalance(fan.id)).toBe(5)
})

test('use cases run under an identity, cached, and nobody is answered with what another may see', async () => {
  for (let round = 0; round < 3; round++) {
    expect((await asUser(fan).getUserSessions(fan.id)).rows).toHaveLength(1)
    expect((await asUser(stranger).getUserSessions(fan.id)).rows).toHaveLength(0)
    expect((await asUser(creator).getCreatorEarnings(creator.id)).rows[0]?.total_payments).toBe(1)
    expect((await asUser(stranger).getCreatorEarnings(creator.id)).rows[0]?.total_payments).toBe(0)
    expect(await asUser(stranger).getTokenBalance(fan.id)).toBe(0)
    expect(await asUser(fan).getSessionById(session.id)).toMatchObject({ fan_id: fan.id })
    expect(await asUser(stranger).getSessionById(session.id)).toBeNull()
    const creators = (await service.with({ as: ANONYMOUS }).searchCreators('dance')).rows
    expect(creators.map(({ id }) => id)).toEqual([creator.id])
    expect(await service.with({ as: ANONYMOUS }).getUserById(fan.id)).toBeNull()
  }
  expect(service.pool.cache.stats().hits.memory).toBeGreaterThan(10)
})

test('what people join, start, pay and end is theirs from the beginning, and fresh for everybody who may see it', async () => {
  const [one, two] = [randomUUID(), randomUUID()]
  const newCreatorId = only(await service.with({ as: personIdentity(one) }).createUser(one, true, 'piano')).id
  const newFanId = only(await service.with({ as: personIdentity(two) }).createUser(two)).id
  const [asCreator, asFan] = [one, two].map(sub => service.with({ as: personIdentity(sub) })) as [
    Digis,
    Digis,
  ]
  expect((await asCreator.getUserSessions(newCreatorId)).rows).toEqual([])
  const started = only(await asFan.createSession(newCreatorId, newFanId))
  expect((await asCreator.getUserSessions(newCreatorId)).rows).toHaveLength(1)
  await asFan.createPayment(started.id, 7)
  expect((await asCreator.getCreatorEarnings(newCreatorId)).rows[0]).toMatchObject({ total_payments: 1 })
  expect(only(await asCreator.endSession(started.id)).end_time).not.toBeNull()
  expect((await asFan.getSessionById(started.id))?.end_time).not.toBeNull()
  await expect(asCreator.createPayment(started.id, 7)).rejects.toMatchObject({ code: '42501' })
})

test('people name themselves, and everybody who may see them sees and finds them so', async () => {
  const sub = randomUUID()
  const own = service.with({ as: personIdentity(sub) })
  const nobody = service.with({ as: ANONYMOUS })
  const found = async (term: string) => (await nobody.searchCreators(term)).rows.map(row => row.username)
  const { id } = only(await own.createUser(sub, true, '', '', 1, 'Zither Player', 'zither.1'))
  expect([await found('zither'), await found('psaltery')]).toEqual([['zither.1'], []])
  await own.updateUserProfile(sub, { display_name: 'Psaltery Player', username: 'psaltery.1' })
  expect([await found('zither'), await found('psaltery')]).toEqual([[], ['psaltery.1']])
  await own.updateUserProfile(sub, { display_name: '' })
  expect(await nobody.getUserById(id)).toMatchObject({ display_name: null, username: 'psaltery.1' })
  const taken = asUser(fan).updateUserProfile(fan.supabase_id, { username: 'PSALTERY.1' })
  await expect(taken).rejects.toMatchObject({ code: '23505', constraint: 'uq_users_username' })
})

test('a keyed request runs whole under its identity, and old keys are forgotten by the service’s', async () => {
  const request = { subject: fan.supabase_id, key: 'once', route: 'POST /', content: {} }
  const pay = () =>
    service.applyOnce(
      request,
      async digis => ({ status: 201, body: only(await digis.createPayment(session.id, 3)) }),
      {
        as: me(fan),
      },
    )
  const [first, again] = [await pay(), await pay()]
  expect([first.replayed, again.replayed]).toEqual([false, true])
  expect(again.body).toEqual(first.body)
  const forged = service.applyOnce(request, async () => ({ status: 200, body: {} }), { as: me(stranger) })
  await expect(forged).rejects.toMatchObject({ code: '42501' })
  await expect(service.forgetOldKeys()).rejects.toMatchObject({ code: '42501' })
  expect(await service.forgetOldKeys({ as: APP_SERVICE })).toBe(1)
  expect((await owner.query('SELECT FROM idempotency_keys')).rowCount).toBe(3)
})

test('policies ask once for a statement, by functions that trust nobody, on columns with an index', async () => {
  const { rows } = await owner.query(
    `SELECT tablename, policyname, concat(qual, ' ', with_check) AS condition FROM pg_policies WHERE schemaname = current_schema()`,
  )
  for (const { policyname, condition } of rows) {
    const bare = condition.replaceAll(/\( SELECT digis_private\.\w+\(\) AS \w+\)/g, '')
    expect(bare, policyname).not.toMatch(/digis_private|current_setting/)
  }
  const functions = await owner.query(
    `SELECT proname, provolatile, prosecdef, proconfig, has_function_privilege('public', oid, 'EXECUTE') AS open
       FROM pg_proc WHERE pronamespace = 'digis_private'::regnamespace`,
  )
  expect(functions.rows).toHaveLength(3)
  for (const row of functions.rows)
    expect(row).toMatchObject({
      provolatile: 's',
      prosecdef: true,
      proconfig: ['search_path=""'],
      open: false,
    })
  const compared = [
    ...new Set(
      rows.flatMap(({ tablename, condition }) =>
        [...condition.matchAll(/(\w+) = \(/g)].map(([, column]) => `${tablename}.${column}`),
      ),
    ),
  ]
  const { rows: leading } = await owner.query(
    `SELECT DISTINCT indrelid::regclass || '.' || attname AS name FROM pg_index
       JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
      WHERE indisvalid AND indpred IS NULL`,
  )
  expect(compared.length).toBeGreaterThan(4)
  expect(leading.map(row => row.name)).toEqual(expect.arrayContaining(compared))
})

test('installed again it changes nothing; databases of one server that do it at once share the roles', async () => {
  expect((await enableRowLevelSecurity(owner.pool)).applied).toEqual([])
  const urls = await Promise.all([1, 2, 3].map(migratedDatabase))
  const installed = await Promise.all(
    urls.map(async connectionString => {
      const pool = new Pool({ connectionString, max: 1 })
      return enableRowLevelSecurity(pool).finally(() => pool.end())
    }),
  )
  for (const { applied } of installed) expect(applied).toHaveLength(7)
  const { rows } = await owner.query(
    `SELECT rolname FROM pg_roles WHERE rolname IN ('app_owner', 'app_migrator', 'app_backend', 'app_service')
        AND NOT (rolsuper OR rolbypassrls OR rolcreaterole) ORDER BY 1`,
  )
  expect(rows.map(row => row.rolname)).toEqual(['app_backend', 'app_migrator', 'app_owner', 'app_service'])
})

test('without the schema of DIGIS it leaves nothing behind', async () => {
  const pool = new Pool({ connectionString: (await temporaryDatabase()).url, max: 1 })
  await expect(enableRowLevelSecurity(pool)).rejects.toMatchObject({
    file: '0041_identity_functions.sql',
    sqlState: '42P01',
  })
  expect((await pool.query("SELECT FROM pg_namespace WHERE nspname = 'digis_private'")).rowCount).toBe(0)
  await pool.end()
})
