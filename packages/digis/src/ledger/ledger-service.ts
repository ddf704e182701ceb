import type { Database, Statement } from '../database/database.js'
import { DigisInputError, InsufficientTokensError } from '../digis-error.js'
import { checkLimit } from '../input/amounts.js'
import { describeGiven } from '../input/describe-given.js'
import { checkId, type Id } from '../input/identifiers.js'
import { checkChoice } from '../input/text.js'
import { type Keyed, type Page, type PageRequest, startOf, toPage } from '../paging/page.js'
import { InsufficientFundsError, refused } from './ledger-error.js'
import {
  type PostedRow,
  post,
  reverse,
  selectBalances,
  selectProblems,
  selectStatement,
} from './ledger-queries.js'
import { type Asset, newKey, type Posting, type TransferKind } from './posting.js'
import { type ProviderEvent, type ReceivedEvent, receiveOn } from './provider-event.js'
import {
  checkKey,
  checkMemo,
  type OrderFields,
  type OrderOf,
  type OrderOptions,
  type TransferOrder,
  toPosting,
} from './transfer-order.js'

/** What became of an order. */
export interface Transfer {
  readonly id: number
  /** What the account that the order is about held after it: the user's, of a tip the giver's. */
  readonly balance: number
  /** Whether the key was known, so that nothing happened now. */
  readonly replayed: boolean
}

/** One line of a statement of account. */
export interface StatementLine {
  /** The number of the line in the account, from 1 without a gap. */
  readonly id: number
  readonly transfer_id: number
  readonly kind: TransferKind
  /** Negative where something was taken. */
  readonly amount: number
  readonly balance_after: number
  readonly memo: string
  /** The transfer that this one takes back. */
  readonly reverses_id: number | null
  /** The payment of a session that it stands for. */
  readonly payment_id: number | null
  readonly created_at: Date
}

/** What a user holds. */
export interface Balances {
  readonly tokens: number
  /** What the platform owes the user, in cents. */
  readonly cents: number
}

/** Something in the ledger that does not fit. */
export interface LedgerProblem {
  readonly problem: string
  /** Of the transfer or the account that the problem is about. */
  readonly id: number
}

/**
 * The ledger: moves tokens and money between accounts, each transfer once, and says what was moved. Every method that
 * moves something is one statement; a balance never goes below zero, and nothing is lost or made up.
 *
 * All of them throw DigisInputError for an impossible argument, InsufficientTokensError or InsufficientFundsError when an
 * account holds too little, IdempotencyKeyReusedError for a key of another transfer, 23503 (missing reference) for no
 * such user, and 23514 (check violated) above 2^53 - 1.
 */
export interface Ledger {
  /** A user bought tokens for cents that a payment provider collected. */
  purchase(order: OrderOf<'purchase'>): Promise<Transfer>
  /** A user spends tokens on something of the platform's. */
  spend(order: OrderOf<'spend'>): Promise<Transfer>
  /** A user gives tokens to another one. */
  tip(order: OrderOf<'tip'>): Promise<Transfer>
  /** The platform gives tokens that it took in: a share, a bonus. */
  earn(order: OrderOf<'earn'>): Promise<Transfer>
  /** Money that the platform owes a user is sent to them. Take it back with `reverse` when it does not arrive. */
  payout(order: OrderOf<'payout'>): Promise<Transfer>
  /** A user gives tokens back for cents that are sent to them. */
  redeem(order: OrderOf<'redeem'>): Promise<Transfer>
  /** Posts up to 500 orders in one round trip: all of them, or none. The transfers are in the order of the orders. */
  postAll(orders: readonly TransferOrder[]): Promise<Transfer[]>
  /**
   * Takes a transfer back whole, because its subject is given back.
   *
   * @throws NoSuchTransferError; AlreadyReversedError
   */
  refund(transfer_id: Id, options?: OrderOptions): Promise<Transfer>
  /** Takes a transfer back whole, because it was a mistake. @throws as `refund` */
  reverse(transfer_id: Id, options?: OrderOptions): Promise<Transfer>
  /**
   * Takes in what a payment provider reports and posts it, each event once, in one transaction. What throws is not taken
   * in: the provider sends it again.
   *
   * @throws EventReusedError for the id of another event; NoSuchTransferError when what it is about is not there, or not
   *   yet
   */
  receive(event: ProviderEvent): Promise<ReceivedEvent>
  /** A user's account, line by line, the newest first. No line for nobody. */
  statement(user_id: Id, page?: PageRequest & { readonly asset?: Asset }): Promise<Page<StatementLine>>
  /** Zeros for a user without accounts, and for nobody. */
  balances(user_id: Id): Promise<Balances>
  /** Reads the whole ledger and names what does not fit, at most 1,000 findings: none, as long as it is right. */
  problems(): Promise<LedgerProblem[]>
}

/** The most orders of one call. */
export const MAX_ORDERS = 500

export function ledgerOn(database: Database): Ledger {
  const postAll = (orders: readonly TransferOrder[]) => postOn(database, checkOrders(orders).map(toPosting))
  const one =
    <K extends keyof OrderFields>(kind: K) =>
    async (order: OrderOf<K>): Promise<Transfer> =>
      first(await postAll([{ ...order, kind } as unknown as TransferOrder]))
  return {
    purchase: one('purchase'),
    spend: one('spend'),
    tip: one('tip'),
    earn: one('earn'),
    payout: one('payout'),
    redeem: one('redeem'),
    postAll: async orders => postAll(orders),
    refund: async (transfer_id, options) => takeBack(database, transfer_id, { kind: 'refund', ...options }),
    reverse: async (transfer_id, options) =>
      takeBack(database, transfer_id, { kind: 'reversal', ...options }),
    receive: async event => receiveOn(database, event),
    statement: async (user_id, page) => statementOf(database, user_id, page),

    async balances(user_id) {
      return first((await database.run<Balances>(selectBalances(checkId('user_id', user_id)))).rows)
    },

    async problems() {
      return (await database.run<LedgerProblem & Record<string, unknown>>(selectProblems())).rows
    },
  }
}

/** Posts what has been checked. @throws as {@link Ledger} says */
export async function postOn(database: Database, postings: readonly Posting[]): Promise<Transfer[]> {
  if (postings.length === 0) return []
  return outcomeOf(
    database,
    post(postings),
    postings.some(({ legs }) => legs[0]?.asset === 'cents'),
  )
}

async function takeBack(
  database: Database,
  transferId: Id,
  { kind, key, memo }: OrderOptions & { kind: 'refund' | 'reversal' },
): Promise<Transfer> {
  const id = checkId('transfer_id', transferId)
  const reversal = { kind, key: checkKey(key) ?? newKey(kind), memo: checkMemo(memo) }
  return first(await outcomeOf(database, reverse(id, reversal), false))
}

async function outcomeOf(database: Database, statement: Statement, money: boolean): Promise<Transfer[]> {
  const { rows } = await database.run<PostedRow & Record<string, unknown>>(statement).catch(refused)
  if (rows[0]?.outcome === 'insufficient')
    throw money ? new InsufficientFundsError() : new InsufficientTokensError()
  return rows.map(({ transfer_id, outcome, balance_after }) => ({
    id: transfer_id,
    balance: balance_after,
    replayed: outcome === 'replayed',
  }))
}

async function statementOf(
  database: Database,
  userId: Id,
  { asset = 'tokens', limit, after }: PageRequest & { readonly asset?: Asset } = {},
): Promise<Page<StatementLine>> {
  const id = checkId('user_id', userId)
  const wanted = checkChoice('asset', asset, ['tokens', 'cents'])
  const count = checkLimit(limit ?? 20)
  const scope = `${wanted} of ${id}`
  const { rows } = await database.run<Keyed<StatementLine>>(
    selectStatement(id, { asset: wanted, limit: count + 1, before: startOf(scope, after)?.id }),
  )
  return toPage(scope, rows, count)
}

function checkOrders(orders: readonly TransferOrder[]): readonly TransferOrder[] {
  if (Array.isArray(orders) && orders.length <= MAX_ORDERS) return orders
  throw new DigisInputError({
    field: 'orders',
    expected: `a list of at most ${MAX_ORDERS}`,
    given: Array.isArray(orders) ? `${orders.length}` : describeGiven(orders),
  })
}

function first<T>([row]: readonly T[]): T {
  if (row === undefined) throw new Error('The ledger returned nothing where it always answers.')
  return row
}
