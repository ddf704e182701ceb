import type { Database } from '../database/database.js'
import { InsufficientTokensError } from '../digis-error.js'
import { type Count, checkTokens } from '../input/amounts.js'
import { checkId, type Id } from '../input/identifiers.js'
import { checkOperation, type TokenOperation } from './token-account.js'
import { addTokens, selectBalance, subtractTokens } from './token-queries.js'

/** The use cases of token accounts. */
export interface TokenService {
  /**
   * Adds tokens to a user's account or takes them, in one statement, and returns the new balance. Concurrent calls
   * lose nothing and never bring it below zero.
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
      const change = checkOperation(operation) === 'add' ? addTokens : subtractTokens
      const { rows } = await database.run<Balance>(change(id, tokens))
      if (rows[0] === undefined) throw new InsufficientTokensError()
      return rows[0].balance
    },

    async getTokenBalance(user_id) {
      const { rows } = await database.run<Balance>(selectBalance(checkId('user_id', user_id)))
      return rows[0]?.balance ?? 0
    },
  }
}
