/**
 * A process of its own for one contender: `pg` or `holdfast` as argument, its options in `CONTENDER`. It takes its
 * orders from its parent, see `contender.mjs`.
 */
import { createPool } from '../../pools.mjs'
import { drawCalls } from './calls.mjs'
import { burst, offer, repeat } from './offer.mjs'

const [name = ''] = process.argv.slice(2)
const { seed, deadline, ...options } = JSON.parse(process.env.CONTENDER ?? '{}')
const pool = await createPool(/** @type {import('../../pools.mjs').PoolName} */ (name), options)
// A connection that is lost while idle is nobody's call.
pool.on('error', () => undefined)
const next = drawCalls(pool, { seed, deadline })

/** @type {Record<string, (argument: any) => Promise<unknown>>} */
const ORDERS = {
  ready: async () => undefined,
  warmUp: load => repeat(next, load).then(() => undefined),
  offer: load => offer(next, load),
  burst: load => burst(next, load),
  repeat: load => repeat(next, load),
  cacheEnabled: async () => /** @type {any} */ (pool).stats?.().cacheEnabled ?? false,
}

process.on('message', async message => {
  const { id, order, argument } = /** @type {{ id: number, order: string, argument: unknown }} */ (message)
  try {
    process.send?.({ id, value: await ORDERS[order]?.(argument) })
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
// A run that is interrupted leaves nobody behind.
process.on('disconnect', () => process.exit(1))
