import type { Database, Statement } from '../database/database.js'
import { DigisInputError } from '../digis-error.js'
import { type Count, checkAmountOf } from '../input/amounts.js'
import { contentHash } from '../input/content-hash.js'
import { describeGiven } from '../input/describe-given.js'
import { checkId, type Id } from '../input/identifiers.js'
import { checkText } from '../input/text.js'
import { refused } from './ledger-error.js'

/**
 * What a payment provider reports: a purchase of tokens that was paid, one whose money went back (`event_id` is that of
 * the purchase), a payout that did not arrive, or something that concerns nobody here.
 */
export type ProviderEvent = { readonly id: string } & (
  | {
      readonly type: 'tokens.purchased'
      readonly data: { readonly user_id: Id; readonly tokens: Count; readonly cents: Count }
    }
  | { readonly type: 'tokens.refunded'; readonly data: { readonly event_id: string } }
  | { readonly type: 'payout.failed'; readonly data: { readonly transfer_id: Id } }
  | { readonly type: string; readonly data?: unknown }
)

/** What became of an event. */
export interface ReceivedEvent {
  /**
   * `duplicate`: it was taken in before. `ignored`: of a type that concerns nobody here. `refused`: the ledger does not
   * allow it, because the tokens are spent or the transfer was taken back before; somebody has to look at it.
   */
  readonly outcome: 'posted' | 'duplicate' | 'ignored' | 'refused'
  readonly transfer_id: number | null
}

/** The longest id of an event, in characters. */
const LONGEST_ID = 200
const EVENT_ID = new RegExp(`^[ -~]{1,${LONGEST_ID}}$`)
const LONGEST_TYPE = 100

/** Takes an event in, in one statement. Any number of times is once. @throws DigisInputError; as `Ledger.receive` says */
export async function receiveOn(database: Database, event: ProviderEvent): Promise<ReceivedEvent> {
  const { rows } = await database.run<ReceivedEvent & Record<string, unknown>>(receive(event)).catch(refused)
  const [received] = rows
  if (received === undefined) throw new Error('The inbox returned nothing where it always answers.')
  return { outcome: received.outcome, transfer_id: received.transfer_id }
}

function receive(event: ProviderEvent): Statement {
  const id = checkEventId('id', event.id)
  const type = checkText('type', event.type, LONGEST_TYPE)
  if (type === '') throw new DigisInputError({ field: 'type', expected: 'text', given: 'an empty text' })
  const { user, tokens, cents, original } = contentOf({ ...event, type })
  return {
    text: 'SELECT outcome, transfer_id FROM ledger_receive($1, $2, $3, $4, $5, $6, $7)',
    values: [id, type, contentHash({ type, data: event.data }), user, tokens, cents, original],
    idempotent: true,
  }
}

/** What `ledger_receive` has to know of an event. */
interface Content {
  readonly user: string | null
  readonly tokens: number | null
  readonly cents: number | null
  /** The event or transfer that it is about. */
  readonly original: string | null
}

const NOTHING: Content = Object.freeze({ user: null, tokens: null, cents: null, original: null })

function contentOf({ type, data }: { readonly type: string; readonly data?: unknown }): Content {
  const given = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>
  switch (type) {
    case 'tokens.purchased':
      return {
        ...NOTHING,
        user: checkId('data.user_id', given.user_id),
        tokens: checkAmountOf('data.tokens', given.tokens),
        cents: checkAmountOf('data.cents', given.cents),
      }
    case 'tokens.refunded':
      return { ...NOTHING, original: checkEventId('data.event_id', given.event_id) }
    case 'payout.failed':
      return { ...NOTHING, original: checkId('data.transfer_id', given.transfer_id) }
    default:
      return NOTHING
  }
}

function checkEventId(field: string, value: unknown): string {
  if (typeof value === 'string' && EVENT_ID.test(value)) return value
  const expected = `1 to ${LONGEST_ID} printable ASCII characters`
  throw new DigisInputError({ field, expected, given: describeGiven(value) })
}
