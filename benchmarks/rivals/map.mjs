import { openDatabase } from './database.mjs'

/** @type {import('./rival.mjs').Rival['tiers']} */
export const tiers = ['memory']

/** A Map without limits, expiry or protection: the least that a hit in memory can cost. */
/** @type {import('./rival.mjs').Rival['open']} */
export async function open({ connectionString }) {
  const { load, change, end } = openDatabase(connectionString)
  /** @type {Map<number, import('./rival.mjs').Row>} */
  const rows = new Map()
  /** @param {number} id */
  const fill = async id => {
    const row = await load(id)
    rows.set(id, row)
    return row
  }
  return {
    read: async id => rows.get(id) ?? fill(id),
    write: async id => {
      const version = await change(id)
      rows.delete(id)
      return version
    },
    close: end,
  }
}
