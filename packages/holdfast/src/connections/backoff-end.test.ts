import { fakeClock, type SeededRandom, seededRandom } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import type { Clock } from '../base/clock.js'
import { UNLIMITED } from '../base/deadline.js'
import { DeadlineWatch } from '../base/deadline-watch.js'
import { checkPoolOptions, resolveSettings } from '../base/options.js'
import { ConnectionPool } from './connection-pool.js'
import type { PoolListener } from './pool-listener.js'

/** Real timers fire a fraction of a millisecond early by the monotonic clock, which goes on with each look at it. */
function earlyTimers(random: SeededRandom) {
  const turned = fakeClock()
  let looks = 0
  const clock: Clock = {
    ...turned,
    now: () => turned.now() + looks++ * 0.02,
    setTimeout: (callback, millis) => turned.setTimeout(callback, millis - random.next() * 0.3),
  }
  return { clock, turn: (millis: number) => turned.advance(millis) }
}

const nobody = new Proxy({}, { get: () => () => {} }) as PoolListener

test('a caller is told that the server is down, whatever instant the backoff ends at', async () => {
  const random = seededRandom(7)
  const settings = resolveSettings(
    checkPoolOptions({ connectionTimeoutMillis: 0 }),
    { supabasePooler: false, untoldTimeout: 0 },
    {},
  )
  for (let run = 0; run < 200; run++) {
    const { clock, turn } = earlyTimers(random)
    const pool = new ConnectionPool({
      settings,
      open: () => Promise.reject(new Error('refused')),
      isTransient: () => true,
      clock,
      deadlines: new DeadlineWatch(clock),
      random: () => random.next(),
      listener: nobody,
    })
    let told: unknown
    pool.acquire(UNLIMITED).catch(error => {
      told = error
    })
    for (let i = 0; i < 100 && told === undefined; i++) await turn(10)
    expect(told, `run ${run}`).toMatchObject({ message: 'refused' })
    await pool.end()
  }
})
