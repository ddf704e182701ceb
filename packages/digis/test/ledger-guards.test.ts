import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Digis } from '@holdfast/digis'
import { migrate } from 'holdfast'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { broken, newDigis, newEmptyDigis, newFan } from './new-digis.js'

let digis: Digis
let transfer: number
let account: number
beforeAll(async () => {
  digis = await newDigis()
  const { id: user_id } = await newFan(digis)
  transfer = (await digis.ledger.purchase({ user_id, tokens: 10, cents: 50 })).id
  const { rows } = await digis.query(
    "SELECT id FROM ledger_accounts WHERE user_id = $1 AND asset = 'tokens'",
    [user_id],
  )
  account = rows[0].id
})
afterAll(async () => {
  expect(await digis.ledger.problems()).toEqual([])
})

/** A transfer made by hand, with entries of these amounts of tokens between the user and the mint. */
async function handmade(amounts: readonly [number, number], { versions = [2, 1] } = {}) {
  return digis.transaction(async tx => {
    const { rows } = await tx.query(
      `INSERT INTO ledger_transfers (kind, idempotency_key, request_hash) VALUES ('tip', $1, sha256('')) RETURNING id`,
      [randomUUID()],
    )
    const made = rows[0]?.id
    await tx.query(
      `INSERT INTO ledger_entries (account_id, account_version, transfer_id, amount, balance_after)
       SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $4::bigint[])`,
      [[account, 16], versions, [made, made], amounts],
    )
  })
}

describe('nobody changes what was posted:', () => {
  test.each(['ledger_entries', 'ledger_transfers', 'ledger_accounts', 'provider_events'])(
    'rows of %s are neither deleted nor truncated',
    async table => {
      const error = broken(`chk_${table}_append_only`)
      await expect(digis.query(`DELETE FROM ${table}`)).rejects.toMatchObject(error)
      await expect(digis.query(`TRUNCATE ${table} CASCADE`)).rejects.toMatchObject({ code: '23000' })
    },
  )

  test.each([
    ["ledger_transfers SET memo = 'x'", 'chk_ledger_transfers_append_only'],
    ['ledger_entries SET amount = 1', 'chk_ledger_entries_append_only'],
    ["ledger_accounts SET asset = 'cents' WHERE user_id IS NOT NULL", 'chk_ledger_accounts_append_only'],
  ])('%s', async (assignment, constraint) => {
    await expect(digis.query(`UPDATE ${assignment}`)).rejects.toMatchObject(broken(constraint))
  })
})

describe('what is posted past the functions has to fit:', () => {
  test('entries that do not add up to zero do not get past COMMIT', async () => {
    await expect(handmade([5, -4])).rejects.toMatchObject(broken('chk_ledger_transfers_balanced'))
  })

  test('a transfer without entries does not either', async () => {
    const insert = `INSERT INTO ledger_transfers (kind, idempotency_key, request_hash) VALUES ('tip', 'empty', sha256(''))`
    await expect(digis.query(insert)).rejects.toMatchObject(broken('chk_ledger_transfers_balanced'))
  })

  test('no transfer of an earlier transaction gets another entry', async () => {
    const insert = digis.query(
      `INSERT INTO ledger_entries (account_id, account_version, transfer_id, amount, balance_after)
       VALUES (1, 99, $1, 5, 5)`,
      [transfer],
    )
    await expect(insert).rejects.toMatchObject(broken('chk_ledger_entries_open'))
  })

  test('no account has two entries of one version', async () => {
    await expect(handmade([5, -5], { versions: [1, 99] })).rejects.toMatchObject({ code: '23505' })
  })

  test.each([
    ['balance = balance + 1', 'chk_ledger_accounts_entry'],
    ['version = version + 1', 'chk_ledger_accounts_entry'],
    ['balance = -1', 'chk_ledger_accounts_balance'],
    ['balance = 9007199254740992', 'chk_ledger_accounts_balance'],
  ])('no account is given %s', async (assignment, constraint) => {
    const update = digis.query(`UPDATE ledger_accounts SET ${assignment} WHERE id = $1`, [account])
    await expect(update).rejects.toMatchObject(broken(constraint))
  })

  test.each([
    ["kind, idempotency_key, request_hash) VALUES ('gift', 'k', sha256('')", 'chk_ledger_transfers_kind'],
    [
      "kind, idempotency_key, request_hash) VALUES ('tip', '', sha256('')",
      'chk_ledger_transfers_idempotency_key',
    ],
    [
      "kind, idempotency_key, request_hash) VALUES ('tip', 'ä', sha256('')",
      'chk_ledger_transfers_idempotency_key',
    ],
    ["kind, idempotency_key, request_hash) VALUES ('tip', 'k', ''", 'chk_ledger_transfers_request_hash'],
    [
      "kind, idempotency_key, request_hash, memo) VALUES ('tip', 'k', sha256(''), repeat('x', 501)",
      'chk_ledger_transfers_memo',
    ],
    [
      "kind, idempotency_key, request_hash) VALUES ('refund', 'k', sha256('')",
      'chk_ledger_transfers_reverses',
    ],
  ])('a transfer (%s)', async (row, constraint) => {
    await expect(digis.query(`INSERT INTO ledger_transfers (${row})`)).rejects.toMatchObject(
      broken(constraint),
    )
  })

  test.each([
    ["role, asset, slot) VALUES ('thief', 'tokens', 3", 'chk_ledger_accounts_role'],
    ["role, asset, slot) VALUES ('mint', 'gold', 3", 'chk_ledger_accounts_asset'],
    ["role, asset, slot) VALUES ('mint', 'tokens', 16", 'chk_ledger_accounts_slot'],
    ["role, asset, slot) VALUES ('mint', 'tokens', 3", 'uq_ledger_accounts_slot'],
    ["role, asset) VALUES ('user', 'tokens'", 'chk_ledger_accounts_user'],
    ["role, asset, user_id) VALUES ('user', 'cents', 999999", 'fk_ledger_accounts_user'],
  ])('an account (%s)', async (row, constraint) => {
    await expect(digis.query(`INSERT INTO ledger_accounts (${row})`)).rejects.toMatchObject(
      broken(constraint),
    )
  })

  test.each([
    ["'e', 'x', sha256(''), 'lost', NULL", 'chk_provider_events_outcome'],
    ["'', 'x', sha256(''), 'ignored', NULL", 'chk_provider_events_event_id'],
    ["'e', '', sha256(''), 'ignored', NULL", 'chk_provider_events_type'],
    ["'e', 'x', '', 'ignored', NULL", 'chk_provider_events_content_hash'],
    ["'e', 'x', sha256(''), 'posted', NULL", 'chk_provider_events_transfer'],
    ["'e', 'x', sha256(''), 'posted', 999999", 'fk_provider_events_transfer'],
  ])('an event (%s)', async (row, constraint) => {
    const columns = 'event_id, type, content_hash, outcome, transfer_id'
    const insert = digis.query(`INSERT INTO provider_events (${columns}) VALUES (${row})`)
    await expect(insert).rejects.toMatchObject(broken(constraint))
  })
})

describe('who is not the owner', () => {
  test('posts nothing, though the role may write everything else', async () => {
    await digis
      .transaction(async tx => {
        const role = `r${randomUUID().slice(0, 8)}`
        await tx.query(
          `CREATE ROLE ${role}; GRANT SELECT, INSERT, UPDATE ON users, sessions, payments, token_accounts TO ${role}`,
        )
        await tx.query(`SET LOCAL ROLE ${role}`)
        for (const statement of [
          `SELECT ledger_post_balances('adjustment', 'tokens', '{1}', '{1000}')`,
          `INSERT INTO ledger_accounts (role, asset) VALUES ('mint', 'cents')`,
          'DELETE FROM ledger_entries',
        ]) {
          await expect(tx.transaction(inner => inner.query(statement))).rejects.toMatchObject({
            code: '42501',
          })
        }
        // What triggers post, they post for everybody.
        await tx.query('UPDATE token_accounts SET balance = balance + 1')
        await tx.query('RESET ROLE')
        throw undone
      })
      .catch(error => expect(error).toBe(undone))
  })

  test('finds no rights on the ledger that default privileges would have given', async () => {
    const fresh = await newEmptyDigis()
    const role = `d${randomUUID().slice(0, 8)}`
    await fresh.query(`CREATE ROLE ${role}`)
    const grant = (what: string) =>
      `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON ${what} TO ${role}`
    await fresh.query(`${grant('TABLES')}; ${grant('FUNCTIONS')}`)
    await fresh.addMissingColumns()
    const { rows } = await fresh.query(
      `SELECT has_table_privilege($1, 'users', 'UPDATE') AS users,
              has_table_privilege($1, 'ledger_entries', 'INSERT, UPDATE, DELETE, TRUNCATE')
                OR has_table_privilege($1, 'ledger_accounts', 'INSERT, UPDATE, DELETE, TRUNCATE') AS ledger,
              EXISTS (SELECT FROM pg_proc WHERE proname ~ '^ledger_' AND has_function_privilege($1, oid, 'EXECUTE')) AS calls`,
      [role],
    )
    await fresh.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    expect(rows).toEqual([{ users: true, ledger: false, calls: false }])
  })
})

const undone = new Error('undone')

test('balances from before the ledger are carried over as opening entries', async () => {
  const old = await newEmptyDigis()
  await migrate(old.pool, { directory: await migrationsBefore('0030'), table: 'holdfast.digis_migrations' })
  await old.query(`
    INSERT INTO users (supabase_id) SELECT gen_random_uuid() FROM generate_series(1, 1500);
    INSERT INTO token_accounts (user_id, balance) SELECT id, id % 4 FROM users;
  `)
  await old.addMissingColumns()
  expect(await old.ledger.problems()).toEqual([])
  const { rows } = await old.query('SELECT kind, count(*) FROM ledger_transfers GROUP BY kind')
  expect(rows).toEqual([{ kind: 'opening', count: 1125 }])
  expect(await old.atomicTokenUpdate(3, 1, 'subtract')).toBe(2)
  expect((await old.ledger.statement(3)).rows.map(({ kind }) => kind)).toEqual(['adjustment', 'opening'])
})

/** A folder with the migrations up to, but without, a number. */
async function migrationsBefore(number: string): Promise<string> {
  const source = fileURLToPath(new URL('../migrations/', import.meta.url))
  const target = await mkdtemp(join(tmpdir(), 'digis-migrations-'))
  onTestFinished(() => rm(target, { recursive: true }))
  const older = (await readdir(source)).filter(file => file < number)
  await Promise.all(older.map(file => copyFile(join(source, file), join(target, file))))
  return target
}
