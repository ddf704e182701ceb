import type { Database } from '../database/database.js'
import { type Count, checkTokens } from '../input/amounts.js'
import { checkId, type Id } from '../input/identifiers.js'
import { postOn } from '../ledger/ledger-service.js'
import { move, newKey } from '../ledger/posting.js'
import { checkOperation, type TokenOperation } from './token-account.js'
import { selectBalance } from './token-queries.js'

/** The use cases of token accounts. */
export interface TokenService {
  /**
   * Adds tokens to a user's account or takes them, in one statement, and returns the new balance. Concurrent calls
   * lose nothing and never bring it below zero. It is an adjustment in the ledger: where it is known what the tokens
   * are for, a method of `ledger` says more.
   *
   * @param amount a whole number from 1
   * @throws DigisInputError for an impossible argument; InsufficientTokensError when the account holds less; 23503
   * (missing reference) when tokens are added for no user; 23514 (check violated) above 2^53 - 1 tokens
   */
  atomicTokenUpdate(user_id: Id, amount: Count, operation: TokenOperation): Promise<number>
  /** 0 for a user without an account, and for no user. */
  getTokenBalance(user_id: Id): Promise<number>
}

interface Balance {
  readonly balance: number
}

export function tokenService(database: Database): TokenService {
  return {
    async atomicTokenUpdate(user_id, amount, operation) {
      const [id, tokens] = [checkId('user_id', user_id), checkTokens(amount)]
      const change = checkOperation(operation)
      const [user, mint] = [
        { role: 'user', owner: id },
        { role: 'mint', owner: id },
      ] as const
      const legs = move(mint, user, { asset: 'tokens', amount: change === 'add' ? tokens : -tokens })
      const posting = { kind: 'adjustment', key: newKey('adjustment'), memo: '', legs } as const
      const [posted] = await postOn(database, [posting])
      return posted?.balance ?? 0
    },

    async getTokenBalance(user_id) {
      const { rows } = await database.run<Balance>(selectBalance(checkId('user_id', user_id)))
      return rows[0]?.balance ?? 0
    },
  }
}
