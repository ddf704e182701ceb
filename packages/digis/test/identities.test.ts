import { randomUUID } from 'node:crypto'
import {
  ANONYMOUS,
  APP_SERVICE,
  type Digis,
  maintainNightly,
  personIdentity,
  recordQueryStatistics,
  refreshCreatorStats,
  type User,
} from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { newIdentifiedDigis } from './identified-digis.js'
import { newCreator, newFan, only } from './new-digis.js'

let owner: Digis
let service: Digis
let creator: User
let fan: User
let stranger: User

beforeAll(async () => {
  ;({ owner, service } = await newIdentifiedDigis())
  ;[creator, fan, stranger] = [await newCreator(owner, 'dancing'), await newFan(owner), await newFan(owner)]
  const session = only(await owner.createSession(creator.id, fan.id))
  await owner.createPayment(session.id, 10, 1)
  await owner.atomicTokenUpdate(fan.id, 5, 'add')
})

const me = (user: User) => personIdentity(user.supabase_id)
const asUser = (user: User) => service.with({ as: me(user) })

describe('the ledger', () => {
  test('takes tips, spendings and payouts from people, once for each key, and shows each the own statement', async () => {
    const { ledger } = asUser(fan)
    const order = { from_id: fan.id, to_id: creator.id, tokens: 2, key: 'rose', memo: 'a rose' }
    const [given, again] = [await ledger.tip(order), await ledger.tip(order)]
    expect(given).toMatchObject({ replayed: false })
    expect(again).toEqual({ ...given, replayed: true })
    const spent = await ledger.spend({ user_id: fan.id, tokens: 1 })
    expect(spent.balance).toBe(given.balance - 1)
    const owed = (await asUser(creator).ledger.balances(creator.id)).cents
    await asUser(creator).ledger.payout({ user_id: creator.id, cents: owed })
    expect(await asUser(creator).ledger.balances(creator.id)).toEqual({ tokens: 2, cents: 0 })
    expect(only(await asUser(creator).ledger.statement(creator.id))).toMatchObject({ kind: 'tip', amount: 2 })
    for (const user of [stranger, creator])
      expect((await asUser(user).ledger.statement(fan.id)).rows).toEqual([])
    const lines = (await ledger.statement(fan.id, { limit: 2 })).rows
    expect(lines.map(({ kind, memo }) => [kind, memo])).toEqual([
      ['spend', ''],
      ['tip', 'a rose'],
    ])
    await expect(ledger.spend({ user_id: fan.id, tokens: 1_000 })).rejects.toMatchObject({
      name: 'InsufficientTokensError',
    })
  })

  test('refuses people everything that takes from anybody else, or makes something of nothing', async () => {
    const { ledger } = asUser(fan)
    const refused = [
      () => ledger.tip({ from_id: creator.id, to_id: fan.id, tokens: 1 }),
      () => ledger.spend({ user_id: creator.id, tokens: 1 }),
      () => ledger.payout({ user_id: creator.id, cents: 1 }),
      () => ledger.earn({ user_id: fan.id, tokens: 1 }),
      () => ledger.purchase({ user_id: fan.id, tokens: 1, cents: 1 }),
      () => ledger.redeem({ user_id: fan.id, tokens: 1, cents: 1_000 }),
      () =>
        ledger.postAll([
          { kind: 'tip', from_id: fan.id, to_id: creator.id, tokens: 1 },
          { kind: 'earn', user_id: fan.id, tokens: 1 },
        ]),
      () => ledger.refund(1),
      () =>
        ledger.receive({ id: 'e', type: 'tokens.purchased', data: { user_id: fan.id, tokens: 1, cents: 1 } }),
      () => ledger.problems(),
      () => asUser(fan).atomicTokenUpdate(fan.id, 1, 'add'),
      () => service.with({ as: personIdentity(randomUUID()) }).ledger.spend({ user_id: fan.id, tokens: 1 }),
      () => service.with({ as: ANONYMOUS }).ledger.spend({ user_id: fan.id, tokens: 1 }),
    ]
    const before = await owner.ledger.balances(fan.id)
    for (const attempt of refused)
      await expect(attempt(), attempt.toString()).rejects.toMatchObject({ code: '42501' })
    expect(await owner.ledger.balances(fan.id)).toEqual(before)
  })

  test.each([
    ['tip', 'user', '$fan', 'tokens', 'user', '$creator', 'tokens', '1'],
    ['tip', 'user', '$creator', 'tokens', 'mint', '$fan', 'tokens', '1'],
    ['tip', 'user', '$creator', 'cents', 'user', '$fan', 'cents', '1'],
    ['spend', 'user', '$fan', 'tokens', 'platform', '$fan', 'tokens', '1'],
    ['spend', 'platform', '$creator', 'tokens', 'user', '$fan', 'tokens', '1'],
    ['payout', 'payouts', '$fan', 'cents', 'clearing', '$fan', 'cents', '1'],
    ['payout', 'user', '$fan', 'tokens', 'user', '$fan', 'cents', '1'],
    ['payment', 'user', '$fan', 'tokens', 'user', '$fan', 'tokens', '1'],
    ['NULL', 'user', '$fan', 'tokens', 'user', '$fan', 'tokens', '1'],
  ])('refuses a %s made by hand: %s of %s gets %s, from %s of %s', async (...order) => {
    const ids = { $fan: String(fan.id), $creator: String(creator.id) }
    const [kind, role, to, asset, other, from, itsAsset, amount] = order.map(
      word => ids[word as '$fan'] ?? word,
    )
    const text = `SELECT FROM ledger_order(ARRAY['k'], ARRAY[nullif($1, 'NULL')], ARRAY[''], ARRAY[1, 1], ARRAY[$2, $5],
      ARRAY[$3, $6]::bigint[], ARRAY[$4, $7], ARRAY[$8::bigint, -$8::bigint])`
    const run = service.pool.as(me(fan)).query(text, [kind, role, to, asset, other, from, itsAsset, amount])
    await expect(run).rejects.toMatchObject({ code: '42501' })
  })

  test('keeps the keys of people apart from those of others, however long they are', async () => {
    const key = `event:${'k'.repeat(249)}`
    await owner.atomicTokenUpdate(stranger.id, 5, 'add')
    for (const user of [fan, stranger]) {
      const order = { user_id: user.id, tokens: 1, key }
      expect(await asUser(user).ledger.spend(order)).toMatchObject({ replayed: false })
      expect(await asUser(user).ledger.spend(order)).toMatchObject({ replayed: true })
    }
    const asService = service.with({ as: APP_SERVICE }).ledger
    expect(await asService.earn({ user_id: fan.id, tokens: 1, key })).toMatchObject({ replayed: false })
  })

  test('is the platform’s backend’s to post to, to read and to look after', async () => {
    const { ledger } = service.with({ as: APP_SERVICE })
    const event = { type: 'tokens.purchased', data: { user_id: fan.id, tokens: 10, cents: 100 } }
    expect((await ledger.receive({ id: 'bought', ...event })).outcome).toBe('posted')
    expect((await ledger.receive({ id: 'bought', ...event })).outcome).toBe('duplicate')
    const given = await ledger.earn({ user_id: fan.id, tokens: 1 })
    await ledger.reverse(given.id)
    expect((await ledger.balances(fan.id)).tokens).toBe(given.balance - 1)
    expect((await ledger.statement(fan.id)).rows.length).toBeGreaterThan(3)
    expect(await ledger.problems()).toEqual([])
  })
})

describe('what is derived', () => {
  test('is kept when people change themselves, and read by whom it concerns', async () => {
    const sub = randomUUID()
    const own = service.with({ as: personIdentity(sub) })
    const { id } = only(await own.createUser(sub, true, 'xylophone'))
    const found = async (term: string) =>
      (await service.with({ as: ANONYMOUS }).searchCreators(term)).rows.map(row => row.id)
    expect(await found('xylophone')).toEqual([id])
    await own.updateUserProfile(sub, { bio: 'bandoneon' })
    expect([await found('xylophone'), await found('bandoneon'), await found('bandoneno')]).toEqual([
      [],
      [id],
      [id],
    ])
    const today = new Date().toISOString().slice(0, 10)
    const [from, to] = [today.replace(/^\d+/, year => String(Number(year) - 1)), today]
    expect((await asUser(creator).getCreatorDays(creator.id, from, to)).rows).toHaveLength(1)
    expect((await asUser(fan).getCreatorDays(creator.id, from, to)).rows).toHaveLength(0)
  })

  test('is looked after by the service, in whose way no temporary table stands', async () => {
    const pool = service.pool.as(APP_SERVICE)
    await owner.query(
      'UPDATE creator_daily_stats_state SET complete = false; UPDATE creator_daily_stats SET payments = 9',
    )
    expect(await maintainNightly(pool)).toMatchObject({ mended: expect.any(Number) })
    expect(await maintainNightly(pool)).toBeUndefined()
    expect(await refreshCreatorStats(pool, '0')).toBe(true)
    expect((await pool.query('SELECT FROM creator_stats')).rowCount).toBeGreaterThan(0)
    const row = {
      bucketStart: new Date(),
      fingerprint: 'f',
      calls: 1,
      errors: 0,
      summedTime: 1,
      p50: 1,
      p95: 1,
      p99: 1,
    }
    for (let round = 0; round < 2; round++) expect(await recordQueryStatistics(pool, [row])).toBe(1)
    for (const job of ['refresh_creator_stats()', 'maintain_partitions()', 'index_creators(ARRAY[1])'])
      await expect(service.pool.as(me(fan)).query(`SELECT ${job}`)).rejects.toMatchObject({ code: '42501' })
    const { rows } = await owner.query(
      `SELECT proname, proconfig FROM pg_proc
        WHERE (prosecdef OR proname IN ('index_creators', 'ensure_partitions', 'count_creator_days')) AND pronamespace = current_schema()::regnamespace AND NOT coalesce(proconfig, '{}') @> $1`,
      [[`search_path=${only(await owner.query('SELECT current_schema() AS name')).name}, pg_temp`]],
    )
    expect(rows).toEqual([])
  })
})
