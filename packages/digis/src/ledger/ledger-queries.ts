import type { Statement } from '../database/database.js'
import type { Asset, Posting } from './posting.js'

/** What `ledger_order` returns of each transfer. */
export interface PostedRow {
  readonly number: number
  readonly transfer_id: number
  readonly outcome: 'posted' | 'replayed' | 'insufficient'
  readonly balance_after: number
}

/** Posts all or none, in one round trip. Under its keys it may run any number of times. */
export function post(postings: readonly Posting[]): Statement {
  const legs = postings.flatMap((posting, index) => posting.legs.map(leg => ({ ...leg, number: index + 1 })))
  return {
    text: `SELECT number, transfer_id, outcome, balance_after
             FROM ledger_order($1, $2, $3, $4, $5, $6, $7, $8) ORDER BY number`,
    values: [
      postings.map(({ key }) => key),
      postings.map(({ kind }) => kind),
      postings.map(({ memo }) => memo),
      legs.map(({ number }) => number),
      legs.map(({ role }) => role),
      legs.map(({ owner }) => owner),
      legs.map(({ asset }) => asset),
      legs.map(({ amount }) => amount),
    ],
    idempotent: true,
  }
}

/** What takes a transfer back. */
export interface Reversal {
  readonly kind: 'refund' | 'reversal'
  readonly key: string
  readonly memo: string
}

export function reverse(transferId: string, { kind, key, memo }: Reversal): Statement {
  return {
    text: 'SELECT number, transfer_id, outcome, balance_after FROM ledger_reverse($1, $2, $3, $4)',
    values: [transferId, kind, key, memo],
    idempotent: true,
  }
}

/** The lines of an account from `before` on, the newest first. */
export function selectStatement(
  userId: string,
  { asset, limit, before }: { asset: Asset; limit: number; before: string | undefined },
): Statement {
  return {
    text: `SELECT e.account_version AS id, e.transfer_id, t.kind, e.amount, e.balance_after, t.memo, t.reverses_id,
                  t.payment_id, e.created_at, '' AS page_key
             FROM ledger_accounts AS a
             JOIN ledger_entries AS e ON e.account_id = a.id
             JOIN ledger_transfers AS t ON t.id = e.transfer_id
            WHERE a.user_id = $1 AND a.asset = $2 AND e.account_version < coalesce($4::bigint, 9223372036854775807)
            ORDER BY e.account_version DESC LIMIT $3`,
    values: [userId, asset, limit, before ?? null],
    readOnly: true,
  }
}

export function selectBalances(userId: string): Statement {
  return {
    text: `SELECT coalesce(sum(balance) FILTER (WHERE asset = 'tokens'), 0)::bigint AS tokens,
                  coalesce(sum(balance) FILTER (WHERE asset = 'cents'), 0)::bigint AS cents
             FROM ledger_accounts WHERE user_id = $1`,
    values: [userId],
    readOnly: true,
  }
}

export function selectProblems(): Statement {
  return { text: 'SELECT problem, id FROM ledger_problems() LIMIT 1000', values: [] }
}
