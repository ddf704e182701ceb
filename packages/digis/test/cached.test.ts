import { createDigis, type Digis } from '@holdfast/digis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CACHED_CALLS, counting, DEEDS, newWorld, type World } from './cached-contract.js'
import { migratedDatabase, setUp } from './new-digis.js'

let cached: Digis
let uncached: Digis
let world: World

beforeAll(async () => {
  const connectionString = await migratedDatabase()
  cached = createDigis({ connectionString, cache: true })
  uncached = createDigis({ connectionString, cache: false })
  await setUp(cached)
  world = await newWorld(cached)
})
afterAll(() => Promise.all([cached.end(), uncached.end()]))

describe.each(CACHED_CALLS)('$name', ({ call, changes, unrelated }) => {
  const ask = () => counting(cached, () => call(cached, world))

  test('asks the database the first time and not the second', async () => {
    await cached.pool.cache.invalidate({ tables: ['users', 'sessions', 'payments', 'creator_daily_stats'] })
    expect((await ask()).queries).toBeGreaterThan(0)
    expect((await ask()).queries).toBe(0)
  })

  test('returns the same as without a cache, the types of numbers and dates included', async () => {
    const plain = await call(uncached, world)
    expect([(await ask()).result, (await ask()).result]).toStrictEqual([plain, plain])
  })

  test('gives every caller rows of their own', async () => {
    const [first, second] = [(await ask()).result, (await ask()).result]
    if (first !== null) expect(first).not.toBe(second)
    expect(first).toStrictEqual(second)
  })

  test.each(changes)('is fresh when %s', async deed => {
    await ask()
    expect((await ask()).queries).toBe(0)
    await DEEDS[deed]?.(cached, world)
    const { result, queries } = await ask()
    expect(queries).toBeGreaterThan(0)
    expect(result).toStrictEqual(await call(uncached, world))
  })

  test.each(unrelated)('stays when %s', async deed => {
    await ask()
    await DEEDS[deed]?.(cached, world)
    const { result, queries } = await ask()
    expect(queries).toBe(0)
    expect(result).toStrictEqual(await call(uncached, world))
  })
})

test('a session whose people change between two looks is returned as it is now', async () => {
  const { session, otherFan } = world
  await cached.getSessionById(session.id)
  await cached.query('UPDATE sessions SET fan_id = $1 WHERE id = $2', [otherFan.id, session.id])
  expect(await cached.getSessionById(session.id)).toMatchObject({
    fan_id: otherFan.id,
    member_supabase_id: otherFan.supabase_id,
  })
})

test('a rollback leaves what is kept correct', async () => {
  const { creator } = world
  const before = await cached.getUserById(creator.id)
  await DEEDS['a transaction that changes its creator is rolled back']?.(cached, world)
  expect(await cached.getUserById(creator.id)).toStrictEqual(before)
})

test('inside a transaction everything is read from the transaction', async () => {
  const { creator } = world
  await cached.getUserById(creator.id)
  await cached.transaction(async tx => {
    const within = cached.with({ client: tx })
    await within.updateUserProfile(creator.supabase_id, { bio: 'Within' })
    expect(await within.getUserById(creator.id)).toMatchObject({ bio: 'Within' })
    expect(await within.getSessionById(world.session.id)).toMatchObject({ creator_bio: 'Within' })
  })
})

test.each<[string, (digis: Digis) => Promise<unknown>]>([
  ['a key', digis => digis.getUserById('x')],
  ['a UUID', digis => digis.getUserBySupabaseId('x')],
  ['a term', digis => digis.searchCreators('\0')],
  ['a limit', digis => digis.getUserSessions(1, 0)],
  ['a cursor', digis => digis.listCreators({ after: 'x' })],
  ['a session', digis => digis.getSessionById(-1)],
  ['a user', digis => digis.getCreatorEarnings(null as never)],
])('%s that cannot be right is refused as without a cache', async (_, call) => {
  const [with_, without] = await Promise.all(
    [cached, uncached].map(digis => call(digis).catch(error => error)),
  )
  expect(with_).toMatchObject({ name: 'DigisInputError' })
  expect(with_).toEqual(without)
})

test.each(['now', 'today', '   ', "'; DROP TABLE users; --", '%', 'ä €'])(
  'a search for "%s" finds the same as without a cache',
  async term => {
    const found = await uncached.searchCreators(term)
    expect([await cached.searchCreators(term), await cached.searchCreators(term)]).toStrictEqual([
      found,
      found,
    ])
  },
)

test('a UUID in upper case is the same user, and fresh after a change', async () => {
  const { creator } = world
  const ask = () => cached.getUserBySupabaseId(creator.supabase_id.toUpperCase())
  await ask()
  await cached.updateUserProfile(creator.supabase_id, { bio: 'Upper' })
  expect(await ask()).toMatchObject({ bio: 'Upper' })
})

test('a query of the application can say that it is not to be cached', async () => {
  const ask = () =>
    cached.query({ text: 'SELECT bio FROM users WHERE id = $1', values: [world.creator.id], cache: false })
  await ask()
  const { result, queries } = await counting(cached, ask)
  expect([queries, result.cache]).toEqual([1, { status: 'bypass', reason: 'asked-not-to' }])
})

test('token balances are never kept', async () => {
  const { fan } = world
  const before = await cached.getTokenBalance(fan.id)
  await uncached.atomicTokenUpdate(fan.id, 7, 'add')
  expect(await cached.getTokenBalance(fan.id)).toBe(before + 7)
})
