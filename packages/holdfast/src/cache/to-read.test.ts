import { expect, test } from 'vitest'
import { wishOf } from './to-read.js'

test('a query may say that it is not to be cached, or nothing', () => {
  expect(wishOf(false)).toEqual({ wanted: false, variant: '' })
  expect(wishOf(undefined)).toEqual({ wanted: {}, variant: '' })
})

test('a frozen wish is understood once, another one each time', () => {
  const frozen = Object.freeze({ ttl: '1m' })
  expect(wishOf(frozen)).toBe(wishOf(frozen))
  const changing: { ttl: string } = { ttl: '1m' }
  expect(wishOf(changing).wanted).toEqual({ ttl: 60_000 })
  changing.ttl = '2m'
  expect(wishOf(changing).wanted).toEqual({ ttl: 120_000 })
})

test('wishes that ask for different lifetimes or tables are kept apart', () => {
  const wishes = [{}, { ttl: '1m' }, { ttl: '2m' }, { ttl: '1m', maxStale: '1m' }, { dependsOn: ['users'] }]
  expect(new Set(wishes.map(wish => wishOf(wish).variant)).size).toBe(wishes.length)
})

test.each([true, null, 'no', 7, { ttl: 0 }, { tttl: '1m' }])('%j is refused by name', wish => {
  expect(() => wishOf(wish)).toThrow(/cache/)
})
