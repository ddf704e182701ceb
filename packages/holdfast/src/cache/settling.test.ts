import { fakeClock } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { Settling } from './settling.js'

/** A Redis and a database as far as settling asks them, and what was done to them. */
function world({ inChargeFor = 60_000 } = {}) {
  const clock = fakeClock()
  const state = { isSettled: false, settledBy: 0, next: 100n, oldest: 100n, inChargeFor, isAway: false }
  const remote = {
    get inChargeFor() {
      return state.inChargeFor
    },
    isSettled: async () => state.isSettled,
    settle: async () => {
      state.isSettled = true
      state.settledBy++
    },
  }
  const ask = async (text: string) => {
    if (state.isAway) throw new Error('away')
    const xid = text.includes('xmin') ? state.oldest : state.next
    return { rows: [{ xid: String(xid) }] } as never
  }
  return { clock, state, settling: new Settling({ remote, ask, clock }) }
}

test('a Redis that has long been in charge is relied on once the transactions in progress have ended', async () => {
  const { clock, state, settling } = world()
  state.oldest = 99n
  settling.begin()
  await clock.advance(60_000)
  expect(settling.settled).toBe(false)
  state.oldest = 100n
  await clock.advance(1_000)
  expect(settling.settled).toBe(true)
  expect(state.settledBy).toBe(1)
})

test('without a transaction in progress it is relied on at once', async () => {
  const { clock, settling } = world()
  settling.begin()
  await clock.advance(0)
  expect(settling.settled).toBe(true)
})

test('who has lost a link gives writers 2 s to come back, however old the server says it is (H5)', async () => {
  const { clock, state, settling } = world()
  settling.begin()
  await clock.advance(0)
  state.isSettled = false
  settling.reset()
  settling.begin()
  await clock.advance(1_999)
  expect(settling.settled).toBe(false)
  expect(state.settledBy).toBe(1)
  await clock.advance(1_001)
  expect(settling.settled).toBe(true)
})

test.each([
  [0, 1_999],
  [1_000, 999],
])(
  'a process that has just started gives writers that time too, when Redis is in charge for %i ms (H5)',
  async (inChargeFor, tooSoon) => {
    const { clock, state, settling } = world({ inChargeFor })
    settling.begin()
    await clock.advance(tooSoon)
    expect(settling.settled).toBe(false)
    expect(state.settledBy).toBe(0)
    await clock.advance(1_001)
    expect(settling.settled).toBe(true)
  },
)

test('what another process has settled is not waited for', async () => {
  const { clock, state, settling } = world({ inChargeFor: 0 })
  state.isSettled = true
  settling.begin()
  await clock.advance(0)
  expect(settling.settled).toBe(true)
  expect(state.settledBy).toBe(0)
})

test('what was waited for on an earlier server does not count for the next', async () => {
  const { clock, state, settling } = world({ inChargeFor: 0 })
  settling.begin()
  await clock.advance(1_900)
  settling.begin()
  await clock.advance(1_900)
  expect(settling.settled).toBe(false)
  expect(state.settledBy).toBe(0)
  await clock.advance(1_200)
  expect(settling.settled).toBe(true)
  expect(state.settledBy).toBe(1)
})

test('a database that is away is asked again, and nothing is relied on meanwhile', async () => {
  const { clock, state, settling } = world()
  state.isAway = true
  settling.begin()
  await clock.advance(60_000)
  expect(settling.settled).toBe(false)
  state.isAway = false
  await clock.advance(1_000)
  expect(settling.settled).toBe(true)
})
