import type { StatementLine, Transfer } from '@holdfast/digis'
import Type, { type Static } from 'typebox'
import { amount, Id, line, Moment } from './fields.js'

/** What counts: tokens, or cents of the platform's currency. */
const Asset = Type.Enum(['tokens', 'cents'], { description: 'What is counted.', examples: ['tokens'] })

/** As many as the service role may give at once. */
const Tokens = Type.Integer({
  minimum: 1,
  maximum: 1_000_000_000,
  description: 'Whole tokens.',
  examples: [20],
})

/** People write it, and both sides of a transfer read it. */
const Memo = Type.Optional(
  line({ maxLength: 500, description: 'Shown in the statement of both sides.', examples: ['Thank you'] }),
)

/** A transfer that was made. */
export const TransferBody = Type.Object(
  {
    id: Id,
    balance: Type.Integer({ minimum: 0, description: 'What is left to who asked.', examples: [80] }),
  },
  { $id: 'Transfer', description: 'A transfer that was made.' },
)

/** One line of a statement of account. */
export const StatementLineBody = Type.Object(
  {
    id: Type.Integer({ minimum: 1, description: 'The number of the line, from 1 without a gap.' }),
    transfer_id: Id,
    kind: Type.String({ description: 'Why.', examples: ['tip'] }),
    amount: Type.Integer({ description: 'Negative where something was taken.', examples: [-20] }),
    balance_after: Type.Integer({ minimum: 0, examples: [80] }),
    memo: Type.String(),
    reverses_id: Type.Union([Id, Type.Null()], { description: 'The transfer that this one takes back.' }),
    payment_id: Type.Union([Id, Type.Null()], { description: 'The payment that it stands for.' }),
    created_at: Moment,
  },
  { $id: 'StatementLine', description: 'One line of a statement of account.' },
)

/** Which account, and which part of it. */
export const StatementQuery = Type.Object(
  {
    asset: Type.Optional(Asset),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'How many lines at most.' }),
    ),
    after: Type.Optional(
      line({ minLength: 1, maxLength: 512, description: 'The `next` of the page before.' }),
    ),
  },
  { additionalProperties: false },
)

/** What somebody says to give tokens to a creator. */
export const NewTip = Type.Object(
  { creator_id: Id, tokens: Tokens, memo: Memo },
  { additionalProperties: false, examples: [{ creator_id: 1, tokens: 20, memo: 'Thank you' }] },
)

/** What somebody says to spend tokens on something of the platform's. */
export const NewSpending = Type.Object(
  { tokens: Tokens, memo: Memo },
  { additionalProperties: false, examples: [{ tokens: 20, memo: 'A profile frame' }] },
)

/** What a creator says to be paid. */
export const NewPayout = Type.Object(
  { amount: amount('What is to be sent.', '25.00') },
  { additionalProperties: false, examples: [{ amount: '25.00' }] },
)

/** What became of an event. */
export const ReceivedBody = Type.Object(
  {
    outcome: Type.Enum(['posted', 'duplicate', 'ignored', 'refused'], {
      description: 'All of them are final: the event need not come again.',
    }),
    transfer_id: Type.Union([Id, Type.Null()]),
  },
  { $id: 'ReceivedEvent', description: 'What became of an event.' },
)

/** An event of a payment provider; what is in `data` depends on `type`. */
export const EventBody = Type.Object(
  {
    type: line({
      minLength: 1,
      maxLength: 100,
      description: 'What happened.',
      examples: ['tokens.purchased'],
    }),
    data: Type.Optional(
      Type.Object(
        {
          user_id: Type.Optional(Id),
          tokens: Type.Optional(Tokens),
          cents: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000_000, examples: [499] })),
          event_id: Type.Optional(Type.String({ maxLength: 200 })),
          transfer_id: Type.Optional(Id),
        },
        { description: 'Other fields are kept out of account.' },
      ),
    ),
  },
  { examples: [{ type: 'tokens.purchased', data: { user_id: 1, tokens: 100, cents: 499 } }] },
)

/** What who asked sees of a transfer. */
export function transferBody({ id, balance }: Transfer): Static<typeof TransferBody> {
  return { id, balance }
}

/** A line as it is answered. */
export function statementLineBody(found: StatementLine): Static<typeof StatementLineBody> {
  const { id, transfer_id, kind, amount, balance_after, memo, reverses_id, payment_id, created_at } = found
  return {
    ...{ id, transfer_id, kind, amount, balance_after, memo, reverses_id, payment_id },
    created_at: created_at.toISOString(),
  }
}
