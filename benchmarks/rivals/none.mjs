import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory', 'both']
/** @type {import('./rival.mjs').Rival['shared']} */
export const shared = 'both'

/** No cache: what all others are for, and what none of them may be worse than. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString }) {
  const { load, change, end } = openDatabase(connectionString)
  return { read: load, write: change, close: end }
}
