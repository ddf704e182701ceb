import type { Statement } from '../database/database.js'

/** Opens the account of a user who has none. One statement: the row's lock makes concurrent calls take turns. */
export function addTokens(userId: string, amount: number): Statement {
  return {
    text: `INSERT INTO token_accounts AS account (user_id, balance) VALUES ($1, $2)
           ON CONFLICT (user_id) DO UPDATE SET balance = account.balance + EXCLUDED.balance
           RETURNING balance`,
    values: [userId, amount],
  }
}

/** No row where the balance does not suffice; the condition is checked again once the row is locked. */
export function subtractTokens(userId: string, amount: number): Statement {
  return {
    text: `UPDATE token_accounts SET balance = balance - $2
            WHERE user_id = $1 AND balance >= $2 RETURNING balance`,
    values: [userId, amount],
  }
}

export function selectBalance(userId: string): Statement {
  const text = 'SELECT balance FROM token_accounts WHERE user_id = $1'
  return { text, values: [userId], readOnly: true }
}
