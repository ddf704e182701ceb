import type { Violation } from './violation.js'

const newAccount = (columns: string, values: string) =>
  `INSERT INTO ledger_accounts (${columns}) VALUES (${values})`
const newTransfer = ({
  kind = "'tip'",
  key = "'k'",
  hash = "sha256('x')",
  memo = "''",
  reverses = 'NULL',
} = {}) =>
  `INSERT INTO ledger_transfers (kind, idempotency_key, request_hash, memo, reverses_id)
   VALUES (${kind}, ${key}, ${hash}, ${memo}, ${reverses})`
const LATEST = "currval('ledger_transfers_id_seq')"
const newEntry = ({ account = '1', version = '1', transfer = LATEST, amount = '1' } = {}) =>
  `INSERT INTO ledger_entries (account_id, account_version, transfer_id, amount, balance_after)
   VALUES (${account}, ${version}, ${transfer}, ${amount}, 1)`
const newEvent = ({
  id = "'e'",
  type = "'t'",
  hash = "sha256('x')",
  outcome = "'ignored'",
  transfer = 'NULL',
} = {}) =>
  `INSERT INTO provider_events (event_id, type, content_hash, outcome, transfer_id)
   VALUES (${id}, ${type}, ${hash}, ${outcome}, ${transfer})`
const OWN_CENTS = newAccount('role, user_id, asset', "'user', $fan, 'cents'")
const reversal = (key: string, reverses: string) => newTransfer({ kind: "'reversal'", key, reverses })

/** A request whose order is impossible. */
const refused = (request: string, body: Record<string, unknown>, field: string) => () =>
  ({ request, body, status: 400, kind: 'invalid-request', fields: [field] }) as const

/** Every constraint of the ledger. What a balance or a transfer as a whole has to be, its triggers say. */
export const LEDGER_VIOLATIONS: Readonly<Record<string, Violation>> = {
  ledger_accounts_pkey: {
    sql: `INSERT INTO ledger_accounts (id, role, user_id, asset) OVERRIDING SYSTEM VALUE VALUES (1, 'user', $fan, 'cents')`,
  },
  uq_ledger_accounts_user: { sql: `${OWN_CENTS}; ${OWN_CENTS}`, field: 'user_id' },
  uq_ledger_accounts_slot: { sql: newAccount('role, asset', "'mint', 'tokens'"), field: 'slot' },
  fk_ledger_accounts_user: {
    sql: newAccount('role, user_id, asset', "'user', 999999999, 'cents'"),
    field: 'user_id',
  },
  chk_ledger_accounts_role: { sql: newAccount('role, asset', "'bank', 'tokens'"), field: 'role' },
  chk_ledger_accounts_user: { sql: newAccount('role, asset', "'user', 'tokens'"), field: 'user_id' },
  chk_ledger_accounts_asset: {
    sql: newAccount('role, user_id, asset', "'user', $fan, 'gold'"),
    field: 'asset',
  },
  chk_ledger_accounts_slot: { sql: newAccount('role, asset, slot', "'mint', 'tokens', 16"), field: 'slot' },
  chk_ledger_accounts_version: {
    sql: newAccount('role, user_id, asset, version', "'user', $fan, 'cents', -1"),
    field: 'version',
  },
  chk_ledger_accounts_balance: {
    sql: newAccount('role, user_id, asset, balance', "'user', $fan, 'cents', -1"),
    field: 'balance',
    api: () => ({
      request: 'POST /api/payouts',
      as: 'creator',
      body: { amount: '1' },
      status: 409,
      kind: 'conflict',
    }),
  },
  ledger_transfers_pkey: {
    sql: `${newTransfer()};
      INSERT INTO ledger_transfers (id, kind, idempotency_key, request_hash) OVERRIDING SYSTEM VALUE
      VALUES (${LATEST}, 'tip', 'other', sha256('x'))`,
  },
  uq_ledger_transfers_idempotency_key: {
    sql: `${newTransfer()}; ${newTransfer()}`,
    field: 'idempotency_key',
  },
  uq_ledger_transfers_reverses: {
    sql: `${newTransfer()}; ${reversal("'r1'", LATEST)};
      ${reversal("'r2'", `${LATEST} - 1`)}`,
    field: 'reverses_id',
  },
  fk_ledger_transfers_reverses: {
    sql: reversal("'r'", '999999999'),
    field: 'reverses_id',
  },
  chk_ledger_transfers_kind: { sql: newTransfer({ kind: "'gift'" }), field: 'kind' },
  chk_ledger_transfers_idempotency_key: { sql: newTransfer({ key: "'ä'" }), field: 'idempotency_key' },
  chk_ledger_transfers_request_hash: { sql: newTransfer({ hash: "'short'" }), field: 'request_hash' },
  chk_ledger_transfers_memo: {
    sql: newTransfer({ memo: "repeat('m', 501)" }),
    field: 'memo',
    api: refused('POST /api/spendings', { tokens: 1, memo: 'm'.repeat(501) }, 'memo'),
  },
  chk_ledger_transfers_reverses: { sql: newTransfer({ kind: "'refund'" }), field: 'reverses_id' },
  ledger_entries_pkey: { sql: `${newTransfer()}; ${newEntry()}; ${newEntry()}` },
  uq_ledger_entries_transfer: {
    sql: `${newTransfer()}; ${newEntry()}; ${newEntry({ version: '2' })}`,
    field: 'transfer_id',
  },
  fk_ledger_entries_account: {
    sql: `${newTransfer()}; ${newEntry({ account: '999999999' })}`,
    field: 'account_id',
  },
  fk_ledger_entries_transfer: { sql: newEntry({ transfer: '999999999' }), field: 'transfer_id' },
  chk_ledger_entries_account_version: {
    sql: `${newTransfer()}; ${newEntry({ version: '0' })}`,
    field: 'account_version',
  },
  chk_ledger_entries_amount: {
    sql: `${newTransfer()}; ${newEntry({ amount: '0' })}`,
    field: 'amount',
    api: refused('POST /api/spendings', { tokens: 0 }, 'tokens'),
  },
  provider_events_pkey: { sql: `${newEvent()}; ${newEvent()}` },
  fk_provider_events_transfer: {
    sql: newEvent({ outcome: "'posted'", transfer: '999999999' }),
    field: 'transfer_id',
  },
  chk_provider_events_event_id: { sql: newEvent({ id: "''" }), field: 'event_id' },
  chk_provider_events_type: { sql: newEvent({ type: "''" }), field: 'type' },
  chk_provider_events_content_hash: { sql: newEvent({ hash: "'short'" }), field: 'content_hash' },
  chk_provider_events_outcome: { sql: newEvent({ outcome: "'lost'" }), field: 'outcome' },
  chk_provider_events_transfer: { sql: newEvent({ outcome: "'posted'" }), field: 'transfer_id' },
}
