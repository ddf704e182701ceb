import { expect, test } from 'vitest'
import { processCache } from './process-cache.js'

test('a value is kept for its seconds and not longer', async () => {
  let now = 0
  const cache = processCache({ now: () => now })
  expect(await cache.set('k', { a: [1, null] }, 60)).toBe(true)
  now = 59_999
  expect(await cache.get('k')).toEqual({ a: [1, null] })
  now = 60_000
  expect(await cache.get('k')).toBeNull()
})

test('what is taken out or changed afterwards does not change what is kept', async () => {
  const cache = processCache()
  const value = { list: [1] }
  await cache.set('k', value)
  value.list.push(2)
  const taken = (await cache.get('k')) as typeof value
  taken.list.push(3)
  expect(await cache.get('k')).toEqual({ list: [1] })
})

test('when there is no room, what was not used for the longest time goes first', async () => {
  const cache = processCache({ maxBytes: 1_000 })
  for (const key of ['a', 'b', 'c']) await cache.set(key, 'x'.repeat(50))
  await cache.get('a')
  await cache.set('d', 'x'.repeat(50))
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(key => cache.get(key)))).toEqual([
    'x'.repeat(50),
    null,
    'x'.repeat(50),
    'x'.repeat(50),
  ])
})

test('a value larger than all the room is not kept, and says so', async () => {
  const cache = processCache({ maxBytes: 1_000 })
  expect(await cache.set('k', 'x'.repeat(1_000))).toBe(false)
  expect(await cache.get('k')).toBeNull()
})

test.each([undefined, () => 1, 1n, Symbol('x')])('%s, which JSON cannot hold, is not kept', async value => {
  const cache = processCache()
  expect(await cache.set('k', value)).toBe(false)
  expect(await cache.get('k')).toBeNull()
})

test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 'soon'])(
  'a time to live of %s keeps nothing',
  async ttl => {
    expect(await processCache().set('k', 1, ttl as number)).toBe(false)
  },
)
