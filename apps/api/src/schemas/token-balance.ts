import Type from 'typebox'
import { Id } from './fields.js'

/** How many tokens a user has. */
export const TokenBalance = Type.Object(
  { user_id: Id, balance: Type.Integer({ minimum: 0, examples: [120] }) },
  { $id: 'TokenBalance', description: 'How many tokens a user has.' },
)

/** What the service role says to change a balance. */
export const TokenChange = Type.Object(
  {
    operation: Type.Enum(['add', 'subtract']),
    // Far above what anyone buys at once, far below where numbers stop being exact.
    amount: Type.Integer({ minimum: 1, maximum: 1_000_000_000, examples: [50] }),
  },
  { additionalProperties: false, examples: [{ operation: 'add', amount: 50 }] },
)
