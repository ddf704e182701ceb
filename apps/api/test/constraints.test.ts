import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toProblem } from '../dist/to-problem.js'
import { expectProblem } from './support/expect-problem.js'
import { LEDGER_VIOLATIONS } from './support/ledger-violations.js'
import { type Person, startService, type TestService } from './support/service.js'
import { signToken } from './support/tokens.js'
import type { ThroughApi, Violation } from './support/violation.js'

let service: TestService
let fan: Person
let creator: Person
let session: number
/** The creator's. */
const NAME = 'taken.1'
beforeAll(async () => {
  service = await startService()
  ;[fan, creator] = await Promise.all([service.join(), service.join({ is_creator: true, username: NAME })])
  const sent = { token: fan.token, body: { creator_id: creator.id } }
  session = (await service.call('POST /api/sessions', sent)).body.id
})
afterAll(() => service.close())

const invalid = (request: string, body: Record<string, unknown>, field: string): ThroughApi => ({
  request,
  body,
  status: 400,
  kind: 'invalid-request',
  fields: [field],
})
const profile = (body: Record<string, unknown>, field: string) => () =>
  invalid('PATCH /api/users/me', body, field)
const payment = (body: Record<string, unknown>, field: string) => () =>
  invalid('POST /api/payments', { session_id: session, amount: '1', ...body }, field)

const newUser = (columns: string, values: string) =>
  `INSERT INTO users (supabase_id, ${columns}) VALUES (gen_random_uuid(), ${values})`
const newSession = (columns: string, values: string) =>
  `INSERT INTO sessions (creator_id, fan_id, ${columns}) VALUES ($creator, $fan, ${values})`
const newPayment = (columns: string, values: string) =>
  `INSERT INTO payments (session_id, ${columns}) VALUES ($session, ${values})`
const newKey = ({ subject = "'s'", key = "'k'", hash = "sha256('x')", status = '200' } = {}) =>
  `INSERT INTO idempotency_keys (subject, key, route, request_hash, status) VALUES (${subject}, ${key}, 'r', ${hash}, ${status})`
const again = (table: string, key: string) =>
  `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM ${table} WHERE ${key}`
const UNCOPIED = 'ALTER TABLE payments DISABLE TRIGGER trg_payments_parties; '
const HELD = 'INSERT INTO token_accounts VALUES ($fan, 5); INSERT INTO token_accounts VALUES ($fan, 5)'

const newPolicy = (columns: string, values: string) =>
  `INSERT INTO partition_policies (table_name, ${columns}) VALUES ('public.t', ${values})`
const newStatistics = ({
  start = "'2020-01-01'",
  print = "'f'",
  source = "''",
  errors = '0',
  p50 = '1',
} = {}) =>
  `INSERT INTO query_statistics (bucket_start, fingerprint, source, calls, errors, summed_time, p50, p95, p99)
   VALUES (${start}, ${print}, ${source}, 1, ${errors}, 1, ${p50}, 2, 3)`
const newState = (isOnlyRow: boolean) =>
  `INSERT INTO creator_daily_stats_state (is_only_row, complete) VALUES (${isOnlyRow}, true)`
const newDay = (creatorId: string) =>
  `INSERT INTO creator_daily_stats (creator_id, day) VALUES (${creatorId}, '2020-01-01')`
const newDocument = (creatorId: string) => `INSERT INTO creator_documents VALUES (${creatorId}, '', '')`
const newWord = "INSERT INTO search_words (id, word, trigrams) OVERRIDING SYSTEM VALUE VALUES (99, 'w', '{}')"

/** Every constraint of the schema, by name: one that is missing here, or here alone, fails. */
const VIOLATIONS: Readonly<Record<string, Violation>> = {
  users_pkey: {
    sql: 'INSERT INTO users (id, supabase_id) OVERRIDING SYSTEM VALUE VALUES ($fan, gen_random_uuid())',
  },
  uq_users_supabase_id: {
    sql: 'INSERT INTO users (supabase_id) SELECT supabase_id FROM users WHERE id = $fan',
    field: 'supabase_id',
    api: () => ({ request: 'POST /api/users', body: {}, status: 409, kind: 'duplicate' }),
  },
  uq_users_username: {
    sql: "UPDATE users SET username = 'ana' WHERE id = $fan; UPDATE users SET username = 'ANA' WHERE id = $creator",
    field: 'username',
    api: () => ({
      request: 'PATCH /api/users/me',
      body: { username: NAME.toUpperCase() },
      status: 409,
      kind: 'duplicate',
      fields: ['username'],
    }),
  },
  chk_users_bio: {
    sql: newUser('bio', "repeat('b', 5001)"),
    field: 'bio',
    api: profile({ bio: 'b'.repeat(5_001) }, 'bio'),
  },
  chk_users_profile_pic_url: {
    sql: newUser('profile_pic_url', "repeat('u', 2049)"),
    field: 'profile_pic_url',
    api: profile({ profile_pic_url: `https://a.example/${'u'.repeat(2_048)}` }, 'profile_pic_url'),
  },
  chk_users_price_per_min: {
    sql: newUser('price_per_min', '-0.01'),
    field: 'price_per_min',
    api: profile({ price_per_min: -1 }, 'price_per_min'),
  },
  chk_users_display_name: {
    sql: newUser('display_name', "' Ana'"),
    field: 'display_name',
    api: profile({ display_name: ' Ana' }, 'display_name'),
  },
  chk_users_username: {
    sql: newUser('username', "'no spaces'"),
    field: 'username',
    api: profile({ username: 'no spaces' }, 'username'),
  },
  sessions_pkey: { sql: again('sessions', 'id = $session') },
  fk_sessions_creator: {
    sql: 'INSERT INTO sessions (creator_id, fan_id) VALUES (999999999, $fan)',
    field: 'creator_id',
    api: () => ({
      request: 'POST /api/sessions',
      body: { creator_id: 999_999_999 },
      status: 422,
      kind: 'missing-reference',
      fields: ['creator_id'],
    }),
  },
  fk_sessions_fan: {
    sql: 'INSERT INTO sessions (creator_id, fan_id) VALUES ($creator, 999999999)',
    field: 'fan_id',
  },
  chk_sessions_two_people: {
    sql: 'INSERT INTO sessions (creator_id, fan_id) VALUES ($fan, $fan)',
    api: () => ({
      request: 'POST /api/sessions',
      body: { creator_id: fan.id },
      status: 400,
      kind: 'invalid-request',
    }),
  },
  chk_sessions_type: {
    sql: newSession('type', "'hologram'"),
    field: 'type',
    api: () => invalid('POST /api/sessions', { creator_id: creator.id, type: 'hologram' }, 'type'),
  },
  chk_sessions_start_time: { sql: newSession('start_time', "'-infinity'"), field: 'start_time' },
  chk_sessions_end_time: { sql: newSession('end_time', "now() - interval '1 s'"), field: 'end_time' },
  payments_pkey: {
    sql: `${newPayment('amount', '1')}; ${again('payments', 'session_id = $session')}`,
  },
  fk_payments_session: {
    sql: 'INSERT INTO payments (session_id, amount) VALUES (999999999, 1)',
    field: 'session_id',
    api: () => ({
      request: 'POST /api/payments',
      body: { session_id: 999_999_999, amount: '1' },
      status: 422,
      kind: 'missing-reference',
      fields: ['session_id'],
    }),
  },
  fk_payments_creator: {
    sql: `${UNCOPIED}${newPayment('creator_id, fan_id, amount', '999999999, $fan, 1')}`,
    field: 'creator_id',
  },
  fk_payments_fan: {
    sql: `${UNCOPIED}${newPayment('creator_id, fan_id, amount', '$creator, 999999999, 1')}`,
    field: 'fan_id',
  },
  chk_payments_amount: {
    sql: newPayment('amount', '-1'),
    field: 'amount',
    api: payment({ amount: '-1' }, 'amount'),
  },
  chk_payments_tip: {
    sql: newPayment('amount, tip', "1, 'NaN'"),
    field: 'tip',
    api: payment({ tip: '1000000.01' }, 'tip'),
  },
  chk_payments_status: { sql: newPayment('amount, status', "1, 'paid'"), field: 'status' },
  chk_payments_created_at: { sql: newPayment('amount, created_at', "1, 'infinity'"), field: 'created_at' },
  token_accounts_pkey: { sql: HELD },
  fk_token_accounts_user: {
    sql: 'INSERT INTO token_accounts VALUES (999999999, 1)',
    field: 'user_id',
    api: () => ({
      request: 'POST /api/users/999999999/tokens',
      as: 'service',
      body: { operation: 'add', amount: 1 },
      status: 404,
      kind: 'not-found',
    }),
  },
  chk_token_accounts_balance: {
    sql: 'INSERT INTO token_accounts VALUES ($fan, -1)',
    field: 'balance',
    api: () => ({
      request: `POST /api/users/${fan.id}/tokens`,
      as: 'service',
      body: { operation: 'subtract', amount: 1 },
      status: 409,
      kind: 'conflict',
    }),
  },
  idempotency_keys_pkey: { sql: `${newKey()}; ${newKey()}` },
  chk_idempotency_keys_subject: { sql: newKey({ subject: "''" }), field: 'subject' },
  chk_idempotency_keys_key: {
    sql: newKey({ key: "'ä'" }),
    field: 'key',
    api: () => ({
      request: 'POST /api/payments',
      body: { session_id: session, amount: '1' },
      headers: { 'idempotency-key': 'k'.repeat(256) },
      status: 400,
      kind: 'invalid-request',
    }),
  },
  chk_idempotency_keys_request_hash: { sql: newKey({ hash: "'short'" }), field: 'request_hash' },
  chk_idempotency_keys_status: { sql: newKey({ status: '404' }), field: 'status' },
  maintenance_runs_pkey: {
    sql: "INSERT INTO maintenance_runs VALUES ('j'); INSERT INTO maintenance_runs VALUES ('j')",
  },
  chk_maintenance_runs_job: { sql: "INSERT INTO maintenance_runs VALUES ('')", field: 'job' },
  fk_creator_daily_stats_creator: { sql: newDay('999999999'), field: 'creator_id' },
  creator_daily_stats_pkey: {
    sql: `${newDay('$creator')}; ${newDay('$creator')}`,
    named: /^creator_daily_stats_\w+_pkey$/,
  },
  creator_daily_stats_state_pkey: {
    sql: `DELETE FROM creator_daily_stats_state; ${newState(true)}; ${newState(true)}`,
  },
  chk_creator_daily_stats_state_only_row: { sql: newState(false) },
  creator_documents_pkey: { sql: `${newDocument('$creator')}; ${newDocument('$creator')}` },
  fk_creator_documents_creator: { sql: newDocument('999999999'), field: 'creator_id' },
  partition_policies_pkey: { sql: `${newPolicy('ahead', '1')}; ${newPolicy('ahead', '1')}` },
  chk_partition_policies_ahead: { sql: newPolicy('ahead', '0'), field: 'ahead' },
  chk_partition_policies_retain: { sql: newPolicy('retain', "'1 day'"), field: 'retain' },
  chk_partition_policies_retire: { sql: newPolicy('retire', "'burn'"), field: 'retire' },
  query_statistics_pkey: {
    sql: `${newStatistics()}; ${newStatistics()}`,
    named: /^query_statistics_\w+_pkey$/,
  },
  chk_query_statistics_bucket_start: { sql: newStatistics({ start: "'infinity'" }), field: 'bucket_start' },
  chk_query_statistics_fingerprint: { sql: newStatistics({ print: "''" }), field: 'fingerprint' },
  chk_query_statistics_source: { sql: newStatistics({ source: "repeat('s', 129)" }), field: 'source' },
  chk_query_statistics_counts: { sql: newStatistics({ errors: '2' }), field: 'counts' },
  chk_query_statistics_times: { sql: newStatistics({ p50: "'NaN'" }), field: 'times' },
  search_words_pkey: { sql: `${newWord}; ${newWord}` },
  ...LEDGER_VIOLATIONS,
}

/** Breaks a constraint, and returns the error. */
async function violate(sql: string): Promise<{ constraint?: string; code?: string; column?: string }> {
  const client = await service.direct.connect()
  try {
    const text = sql
      .replaceAll('$creator', String(creator.id))
      .replaceAll('$fan', String(fan.id))
      .replaceAll('$session', String(session))
    return await client.query(`BEGIN; ${text}; ROLLBACK`).then(
      () => ({}),
      error => error,
    )
  } finally {
    client.release(true)
  }
}

test('the table has every constraint and unique index of the schema, and no other', async () => {
  const { rows } = await service.direct.query(`
    SELECT conname AS name FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid AND NOT t.relispartition
     WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u', 'x')
    UNION
    SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
     WHERE i.indisunique AND t.relkind IN ('r', 'p') AND NOT t.relispartition AND t.relnamespace = 'public'::regnamespace
     ORDER BY 1`)
  expect(rows.map(row => row.name)).toEqual(Object.keys(VIOLATIONS).sort())
})

describe.each(Object.entries(VIOLATIONS))('%s', (name, { sql, named, field, api }) => {
  test('is named by the database when SQL breaks it, and such an error is answered with a readable 4xx', async () => {
    const error = await violate(sql)
    expect(error).toMatchObject({ constraint: named === undefined ? name : expect.stringMatching(named) })
    const body = field === undefined ? {} : { [field]: 'given' }
    const problem = toProblem(error, { method: 'POST', body })
    expect(problem.status).toBeGreaterThanOrEqual(400)
    expect(problem.status).toBeLessThan(500)
    expect(problem.details.errors?.map(each => each.field)).toEqual(field === undefined ? undefined : [field])
  })

  if (api === undefined) return
  test('refuses a request that would break it with a readable 4xx', async () => {
    const { request, as = 'fan', status, kind, fields, ...sent } = api()
    const people = { fan, creator }
    const token =
      as === 'service' ? await signToken({ role: 'service_role', sub: randomUUID() }) : people[as].token
    const answer = await service.call(request, { token, ...sent })
    expectProblem(answer, { status, kind, ...(fields === undefined ? {} : { fields }) })
  })
})

test('a column that must not be empty never is, whatever is written to it', async () => {
  const { rows } = await service.direct.query(`
    SELECT c.relname AS table_name, a.attname AS name FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnotnull AND a.attnum > 0 AND a.attidentity = ''`)
  expect(rows.length).toBeGreaterThan(20)
  // What forbids every change would come first.
  const LEDGER = ['ledger_transfers', 'ledger_entries', 'ledger_accounts']
  const open = LEDGER.map(table => `ALTER TABLE ${table} DISABLE TRIGGER USER`).join('; ')
  const rowsToChange = `${open}; ${newPayment('amount', '1')}; INSERT INTO token_accounts VALUES ($creator, 1); ${newKey()}; INSERT INTO maintenance_runs VALUES ('j')`
  const written: unknown[] = []
  for (const { table_name, name } of rows) {
    const refuseEmpty = `ALTER TABLE ${table_name} ADD CONSTRAINT empty CHECK (${name} IS NOT NULL)`
    const { code, column } = await violate(
      `${rowsToChange}; UPDATE ${table_name} SET ${name} = NULL; ${refuseEmpty}`,
    )
    if (code !== undefined && (code !== '23502' || column !== name)) written.push([table_name, name, code])
  }
  expect(written).toEqual([])
})
