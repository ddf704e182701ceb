import { randomUUID } from 'node:crypto'
import { createDigis } from '@holdfast/digis'
import { signToken } from '../../digis/people.mjs'
import { SECRET } from '../../digis/service.mjs'

/** So many that nobody runs out of them: a refusal would say nothing of faults. */
export const TOKENS_AT_START = 1_000_000

/**
 * A client: a fan with tokens and a session to pay for.
 *
 * @typedef {{ id: number, token: string, session: number }} Fan
 */

/**
 * Makes the schema, a creator and the fans.
 *
 * @param {string} connectionString
 * @param {number} count
 * @returns {Promise<Fan[]>}
 */
export async function makeFans(connectionString, count) {
  const digis = createDigis({ connectionString, max: 5 })
  try {
    await digis.addMissingColumns()
    const creator = (await digis.createUser(randomUUID(), true, 'Salsa')).rows[0]
    const fans = Array.from({ length: count }, async () => {
      const fan = (await digis.createUser(randomUUID())).rows[0]
      if (fan === undefined || creator === undefined) throw new Error('No user was made.')
      await digis.atomicTokenUpdate(fan.id, TOKENS_AT_START, 'add')
      const session = (await digis.createSession(creator.id, fan.id)).rows[0]
      // The token outlives every soak.
      const token = signToken({ sub: fan.supabase_id, exp: Math.floor(Date.now() / 1_000) + 90_000 }, SECRET)
      return { id: fan.id, token, session: session?.id ?? 0 }
    })
    return await Promise.all(fans)
  } finally {
    await digis.end()
  }
}
