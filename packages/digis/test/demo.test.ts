import { type Digis, reconcileCreatorDays } from '@holdfast/digis'
import { DEMO_TOKENS, demoCreator, demoFan, seedDemo } from '@holdfast/digis/demo'
import { describe, expect, test } from 'vitest'
import { newDigis, newFan, only } from './new-digis.js'

const SMALL = { users: 200, creators: 10, sessions: 1_500 }

async function count(digis: Digis, from: string): Promise<number> {
  return only<{ count: number }>(await digis.query(`SELECT count(*) FROM ${from}`)).count
}

/** Everything of the demo that does not depend on when it was seeded, in one text. */
async function content(digis: Digis): Promise<string> {
  const { rows } = await digis.query(`
    SELECT md5(concat(
      (SELECT string_agg(concat_ws('|', id, supabase_id, is_creator, bio, profile_pic_url, price_per_min, display_name, username), E'\\n' ORDER BY id) FROM users),
      (SELECT string_agg(concat_ws('|', id, creator_id, fan_id, type, end_time - start_time), E'\\n' ORDER BY id) FROM sessions),
      (SELECT string_agg(concat_ws('|', id, session_id, amount, tip), E'\\n' ORDER BY id) FROM payments),
      (SELECT string_agg(concat_ws('|', user_id, balance), E'\\n' ORDER BY user_id) FROM token_accounts)
    )) AS content`)
  return rows[0].content
}

test('the demo has the people, sessions, payments and balances that were asked for', async () => {
  const digis = await newDigis()
  const tables: string[] = []
  const { seeded } = await seedDemo(digis.pool, { ...SMALL, onProgress: step => tables.push(step.table) })
  expect(seeded).toBe(true)
  expect(new Set(tables)).toEqual(new Set(['users', 'token_accounts', 'sessions', 'payments']))
  expect(await count(digis, 'users')).toBe(200)
  expect(await count(digis, 'users WHERE is_creator')).toBe(10)
  expect(await count(digis, 'users WHERE is_creator AND display_name <> username')).toBe(10)
  expect(await count(digis, 'users WHERE NOT is_creator AND display_name IS NULL AND username IS NULL')).toBe(
    190,
  )
  expect(await count(digis, 'sessions')).toBe(1_500)
  expect(await count(digis, 'sessions WHERE end_time IS NULL')).toBe(2)
  expect(
    await count(digis, "sessions WHERE start_time < now() - interval '91 days' OR end_time > now()"),
  ).toBe(0)
  expect(await count(digis, 'payments')).toBeGreaterThan(1_200)
  expect(await count(digis, 'payments WHERE tip > 0')).toBeGreaterThan(200)
  expect(
    await count(digis, 'payments JOIN sessions AS s ON s.id = session_id WHERE s.end_time IS NULL'),
  ).toBe(0)
  expect(await count(digis, 'sessions JOIN users AS u ON u.id = creator_id WHERE NOT u.is_creator')).toBe(0)
})

test('the people that the documents name are there under their keys', async () => {
  const digis = await newDigis()
  await seedDemo(digis.pool, SMALL)
  expect(await digis.getUserById(demoCreator.id)).toMatchObject({ ...demoCreator, is_creator: true })
  expect(await digis.getUserById(demoFan.id)).toMatchObject({ ...demoFan, is_creator: false })
  const { display_name } = (await digis.getUserById(demoCreator.id)) ?? {}
  expect(only(await digis.searchCreators(display_name ?? '', 1)).display_name).toBe(display_name)
  expect(await digis.getTokenBalance(demoFan.id)).toBe(DEMO_TOKENS)
  expect((await digis.searchCreators('salsa lisb')).rows.map(row => row.id)).toContain(demoCreator.id)
  const going = only(await digis.getActiveSessions(demoFan.id))
  expect(going).toMatchObject({ id: 1_500, creator_id: demoCreator.id })
  expect(Number(only(await digis.getCreatorEarnings(demoCreator.id)).total_earnings)).toBeGreaterThan(0)
})

test('what is derived from the demo is there from the beginning, and right', async () => {
  const digis = await newDigis()
  await seedDemo(digis.pool, SMALL)
  expect(await digis.ledger.problems()).toEqual([])
  expect((await reconcileCreatorDays(digis.pool, { days: 100 })).mended).toBe(0)
  expect(await count(digis, 'creator_daily_stats')).toBeGreaterThan(500)
  expect(await count(digis, 'creator_daily_stats_default')).toBe(0)
  expect(await count(digis, 'creator_stats WHERE total_earnings > 0')).toBe(10)
  expect(await count(digis, "pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'")).toBe(0)
  const totals = `SELECT (SELECT sum(amount + tip) FROM payments) = (SELECT sum(amount + tips) FROM creator_daily_stats) AS days,
    (SELECT sum(total_earnings) FROM creator_stats) = (SELECT sum(balance) / 100.0 FROM ledger_accounts
      WHERE role = 'user' AND asset = 'cents') AS ledger`
  expect(only(await digis.query(totals))).toEqual({ days: true, ledger: true })
})

test('the same seed gives the same demo, another seed another one', async () => {
  const [one, same, other] = [await newDigis(), await newDigis(), await newDigis()]
  await seedDemo(one.pool, SMALL)
  await seedDemo(same.pool, SMALL)
  await seedDemo(other.pool, { ...SMALL, seed: 2 })
  expect(await content(same)).toBe(await content(one))
  expect(await content(other)).not.toBe(await content(one))
})

test('life goes on after the demo: new people and sessions get the next keys', async () => {
  const digis = await newDigis()
  await seedDemo(digis.pool, SMALL)
  const fan = await newFan(digis)
  expect(fan.id).toBe(201)
  expect(only(await digis.createSession(demoCreator.id, fan.id)).id).toBe(1_501)
})

describe('seeding again', () => {
  test('does nothing', async () => {
    const digis = await newDigis()
    await seedDemo(digis.pool, SMALL)
    const before = await content(digis)
    expect(await seedDemo(digis.pool, { ...SMALL, seed: 9 })).toEqual({ seeded: false })
    expect(await content(digis)).toBe(before)
  })

  test('at the same time is done by one', async () => {
    const digis = await newDigis()
    const results = await Promise.all([1, 2, 3].map(() => seedDemo(digis.pool, SMALL)))
    expect(results.filter(result => result.seeded)).toHaveLength(1)
  })

  test('after a failure starts from nothing', async () => {
    const digis = await newDigis()
    const stop = seedDemo(digis.pool, {
      ...SMALL,
      onProgress(step) {
        if (step.table === 'payments') throw new Error('out of power')
      },
    })
    await expect(stop).rejects.toThrow('out of power')
    expect(await count(digis, 'users')).toBe(0)
    expect(await seedDemo(digis.pool, SMALL)).toEqual({ seeded: true })
    expect(await count(digis, 'sessions WHERE id = 1500')).toBe(1)
  })
})

test('a database with users of its own is left alone', async () => {
  const digis = await newDigis()
  await newFan(digis)
  await expect(seedDemo(digis.pool, SMALL)).rejects.toMatchObject({ code: 'DIGIS_NOT_EMPTY' })
  expect(await count(digis, 'users')).toBe(1)
})

test.each([
  [{ users: 1 }, 'users'],
  [{ users: 10, creators: 6 }, 'creators'],
  [{ sessions: 0.5 }, 'sessions'],
  [{ seed: Number.NaN }, 'seed'],
])('%j cannot be had', async (size, field) => {
  const digis = await newDigis()
  await expect(seedDemo(digis.pool, size)).rejects.toMatchObject({ name: 'DigisInputError', field })
})
