import { randomUUID } from 'node:crypto'

/** What the ledger counts: tokens, or cents of the platform's currency. */
export type Asset = 'tokens' | 'cents'

/** Whose accounts there are: those of users, and the platform's own. See the concept page of the ledger. */
export type AccountRole = 'user' | 'mint' | 'platform' | 'clearing' | 'payouts'

/** Why something was moved. The database has the same list in a constraint. */
export type TransferKind =
  | 'opening'
  | 'adjustment'
  | 'purchase'
  | 'spend'
  | 'tip'
  | 'earn'
  | 'payment'
  | 'correction'
  | 'payout'
  | 'redeem'
  | 'refund'
  | 'reversal'

/** One side of a transfer. The owner of an account of the platform is whoever the transfer is about. */
export interface Leg {
  readonly role: AccountRole
  /** The user's id. */
  readonly owner: string
  readonly asset: Asset
  /** Minor units; negative takes. */
  readonly amount: number
}

/** A transfer as it is to be posted. Its legs add up to zero in each asset; the first is the one that is answered. */
export interface Posting {
  readonly kind: TransferKind
  readonly key: string
  readonly memo: string
  readonly legs: readonly Leg[]
}

/** What becomes of a posting that nobody named: it is a new one, also when everything else is the same. */
export function newKey(kind: TransferKind): string {
  return `${kind}:${randomUUID()}`
}

/** The two sides of a movement within one asset; who gets comes first. */
export function move(
  from: Pick<Leg, 'role' | 'owner'>,
  to: Pick<Leg, 'role' | 'owner'>,
  { asset, amount }: Pick<Leg, 'asset' | 'amount'>,
): Leg[] {
  return [
    { ...to, asset, amount },
    { ...from, asset, amount: -amount },
  ]
}
