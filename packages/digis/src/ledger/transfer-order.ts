import { DigisInputError } from '../digis-error.js'
import { type Count, checkAmountOf } from '../input/amounts.js'
import { describeGiven } from '../input/describe-given.js'
import { checkId, type Id } from '../input/identifiers.js'
import { checkText } from '../input/text.js'
import { type Leg, move, newKey, type Posting } from './posting.js'

/** What every order may say. */
export interface OrderOptions {
  /**
   * What the caller calls the transfer: 1 to 255 printable ASCII characters. The same key is the same transfer, however
   * often it is ordered. Default: a new one, so that each call is a transfer of its own.
   */
  readonly key?: string
  /** At most 500 characters; shown in the statement of both sides. Default: none. */
  readonly memo?: string
}

/** Tokens against money. */
interface Exchange {
  readonly user_id: Id
  readonly tokens: Count
  readonly cents: Count
}

interface OfTokens {
  readonly user_id: Id
  readonly tokens: Count
}

/** What each kind of order says. Amounts are whole: tokens, or cents. */
export interface OrderFields {
  readonly purchase: Exchange
  readonly redeem: Exchange
  readonly spend: OfTokens
  readonly earn: OfTokens
  readonly tip: { readonly from_id: Id; readonly to_id: Id; readonly tokens: Count }
  readonly payout: { readonly user_id: Id; readonly cents: Count }
}

/** An order of a kind that is known from elsewhere. */
export type OrderOf<K extends keyof OrderFields> = OrderFields[K] & OrderOptions

/** A transfer that somebody orders. */
export type TransferOrder = {
  [K in keyof OrderFields]: { readonly kind: K } & OrderOf<K>
}[keyof OrderFields]

/** The longest memo, in characters. */
export const MAX_MEMO = 500

const KEY = /^[ -~]{1,255}$/

/** What an order moves between which accounts. @throws DigisInputError for an impossible argument */
export function toPosting(order: TransferOrder): Posting {
  const { kind } = order
  return { kind, key: checkKey(order.key) ?? newKey(kind), memo: checkMemo(order.memo), legs: legsOf(order) }
}

/** @throws DigisInputError unless it is absent or 1 to 255 printable ASCII characters */
export function checkKey(key: unknown): string | undefined {
  if (key === undefined || (typeof key === 'string' && KEY.test(key))) return key
  const expected = '1 to 255 printable ASCII characters'
  throw new DigisInputError({ field: 'key', expected, given: describeGiven(key) })
}

/** @throws DigisInputError for text that is too long or cannot be stored */
export function checkMemo(memo: unknown): string {
  return checkText('memo', memo ?? '', MAX_MEMO)
}

function legsOf(order: TransferOrder): Leg[] {
  if (order.kind === 'tip') return legsOfTip(order)
  const owner = checkId('user_id', order.user_id)
  const [user, mint, platform] = [account('user', owner), account('mint', owner), account('platform', owner)]
  if (order.kind === 'payout') return move(user, account('payouts', owner), cents(order.cents)).reverse()
  const moved = { asset: 'tokens', amount: checkAmountOf('tokens', order.tokens) } as const
  switch (order.kind) {
    case 'purchase':
      return [...move(mint, user, moved), ...move(account('clearing', owner), platform, cents(order.cents))]
    case 'redeem':
      return [
        ...move(user, mint, moved).reverse(),
        ...move(platform, account('payouts', owner), cents(order.cents)),
      ]
    case 'spend':
      return move(user, platform, moved).reverse()
    case 'earn':
      return move(platform, user, moved)
    default:
      throw unknownKind(order)
  }
}

function legsOfTip({ from_id, to_id, tokens }: Extract<TransferOrder, { kind: 'tip' }>): Leg[] {
  const [from, to] = [checkId('from_id', from_id), checkId('to_id', to_id)]
  if (from === to)
    throw new DigisInputError({ field: 'to_id', expected: 'somebody else', given: 'the same user' })
  const amount = checkAmountOf('tokens', tokens)
  // Who gives comes first: it is their balance that is answered.
  return move(account('user', from), account('user', to), { asset: 'tokens', amount }).reverse()
}

function account(role: Leg['role'], owner: string): Pick<Leg, 'role' | 'owner'> {
  return { role, owner }
}

function cents(value: Count) {
  return { asset: 'cents', amount: checkAmountOf('cents', value) } as const
}

function unknownKind(order: { readonly kind: unknown }): DigisInputError {
  const expected = 'one of purchase, spend, tip, earn, payout, redeem'
  return new DigisInputError({ field: 'kind', expected, given: describeGiven(order.kind) })
}
