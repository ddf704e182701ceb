import type { Statement } from '../database/database.js'

export function selectBalance(userId: string): Statement {
  const text = 'SELECT balance FROM token_accounts WHERE user_id = $1'
  return { text, values: [userId], readOnly: true }
}
