import { Problem } from './problem.js'

/** What each refusal of the ledger says to people. */
const DETAILS: Readonly<Record<string, string>> = {
  DIGIS_INSUFFICIENT_TOKENS: 'The balance is lower than the amount.',
  DIGIS_INSUFFICIENT_FUNDS: 'The earnings that were not paid out yet are lower than the amount.',
}

/** Turns the data module's refusal of an amount into a conflict, and lets every other error through. */
export function insufficient(error: unknown): never {
  const { code } = error as { code?: unknown }
  const detail = typeof code === 'string' ? DETAILS[code] : undefined
  if (detail === undefined) throw error
  throw new Problem('conflict', { detail, code: code as string })
}
