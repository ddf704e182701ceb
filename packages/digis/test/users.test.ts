import { randomUUID } from 'node:crypto'
import type { ProfileChanges } from '@holdfast/digis'
import { errorCategory } from 'holdfast'
import { beforeAll, describe, expect, test } from 'vitest'
import { broken, newDigis, newFan, only, wrong } from './new-digis.js'

let digis: Awaited<ReturnType<typeof newDigis>>
beforeAll(async () => {
  digis = await newDigis()
})

/** No such user, key or session. */
const ABSENT = 9_007_199_254_740_991

describe('createUser', () => {
  test('makes a fan without a bio at 1.00 per minute from nothing but a supabase_id', async () => {
    const supabase_id = randomUUID()
    const user = only(await digis.createUser(supabase_id))
    expect(user).toEqual({
      id: expect.any(Number),
      supabase_id,
      is_creator: false,
      bio: '',
      profile_pic_url: '',
      price_per_min: '1.00',
      display_name: null,
      username: null,
      created_at: expect.any(Date),
      updated_at: user.created_at,
    })
  })

  test('stores what it is told, prices rounded to cents', async () => {
    const stored = only(
      await digis.createUser(randomUUID(), true, 'Salsa', 'https://x.example/a.jpg', '12.345'),
    )
    expect(stored).toMatchObject({
      is_creator: true,
      bio: 'Salsa',
      profile_pic_url: 'https://x.example/a.jpg',
    })
    expect(stored.price_per_min).toBe('12.35')
  })

  test('takes names behind the arguments of the old module, and none for empty ones', async () => {
    const create = async (...names: [string?, string?]) =>
      only(await digis.createUser(randomUUID(), true, '', '', 1, ...names))
    expect(await create('Zoë 💃', 'Zoe_1')).toMatchObject({ display_name: 'Zoë 💃', username: 'Zoe_1' })
    expect(await create('Zoë 💃')).toMatchObject({ display_name: 'Zoë 💃', username: null })
    expect(await create('', '')).toMatchObject({ display_name: null, username: null })
  })

  test('takes null for an argument that is not given', async () => {
    const user = only(await digis.createUser(randomUUID(), null, null, null, null, null, null))
    expect(user).toMatchObject({ is_creator: false, bio: '', profile_pic_url: '', price_per_min: '1.00' })
    expect(user).toMatchObject({ display_name: null, username: null })
  })

  test('of many calls at once for the same person one succeeds and the others are duplicates', async () => {
    const supabase_id = randomUUID()
    const calls = Array.from({ length: 20 }, () => digis.createUser(supabase_id))
    const results = await Promise.allSettled(calls)
    const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
    expect(failures).toHaveLength(19)
    for (const failure of failures) {
      expect(failure).toMatchObject({ code: '23505', constraint: 'uq_users_supabase_id' })
      expect(errorCategory(failure)).toBe('duplicate')
    }
  })
})

describe('getUserBySupabaseId and getUserById', () => {
  test('find the user', async () => {
    const user = await newFan(digis)
    expect(await digis.getUserBySupabaseId(user.supabase_id)).toEqual(user)
    expect(await digis.getUserBySupabaseId(user.supabase_id.toUpperCase())).toEqual(user)
    expect(await digis.getUserById(user.id)).toEqual(user)
    expect(await digis.getUserById(String(user.id))).toEqual(user)
  })

  test('return null for somebody who is not there', async () => {
    expect(await digis.getUserBySupabaseId(randomUUID())).toBeNull()
    expect(await digis.getUserById(ABSENT)).toBeNull()
    expect(await digis.getUserById('9223372036854775807')).toBeNull()
  })
})

describe('updateUserProfile', () => {
  test('changes what is given, leaves the rest and notes the time', async () => {
    const user = await newFan(digis)
    const changed = only(await digis.updateUserProfile(user.supabase_id, { bio: 'New', price_per_min: 0 }))
    expect(changed).toEqual({ ...user, bio: 'New', price_per_min: '0.00', updated_at: changed.updated_at })
    expect(changed.updated_at.getTime()).toBeGreaterThanOrEqual(user.updated_at.getTime())
    const about = { is_creator: true, bio: 'B', profile_pic_url: 'P', price_per_min: '2.50' }
    const whole = { ...about, display_name: 'Whole', username: 'wh.ole' }
    expect(only(await digis.updateUserProfile(user.supabase_id, whole))).toMatchObject(whole)
  })

  test('touches updated_at only when something changes', async () => {
    const user = await newFan(digis)
    const age =
      "UPDATE users SET updated_at = updated_at - interval '1 day' WHERE id = $1 RETURNING updated_at"
    const aged = only(await digis.query(age, [user.id])).updated_at
    expect(only(await digis.updateUserProfile(user.supabase_id, { bio: '' })).updated_at).toEqual(aged)
    expect(only(await digis.updateUserProfile(user.supabase_id, { bio: 'x' })).updated_at).not.toEqual(aged)
  })

  test('says "No valid fields to update" when there is none', async () => {
    const { supabase_id } = await newFan(digis)
    const error = { message: 'No valid fields to update' }
    await expect(digis.updateUserProfile(supabase_id, {})).rejects.toMatchObject({
      ...wrong('changes'),
      ...error,
    })
    const others = { id: 7, supabase_id: randomUUID(), bio: undefined, is_creator: null }
    await expect(digis.updateUserProfile(supabase_id, others)).rejects.toMatchObject(error)
    await expect(digis.updateUserProfile(supabase_id, null as never)).rejects.toMatchObject(error)
  })

  test('takes a name away by an empty text, and leaves it by null', async () => {
    const { supabase_id } = await newFan(digis)
    const change = async (changes: ProfileChanges) =>
      only(await digis.updateUserProfile(supabase_id, changes))
    const names = { display_name: 'Ana Bela', username: 'AnaBela' }
    expect(await change(names)).toMatchObject(names)
    expect(await change({ display_name: null, username: undefined, bio: 'x' })).toMatchObject(names)
    expect(await change({ display_name: '' })).toMatchObject({ display_name: null, username: 'AnaBela' })
    expect(await change({ username: '' })).toMatchObject({ display_name: null, username: null })
    expect(await digis.getUserBySupabaseId(supabase_id)).toMatchObject({ display_name: null, username: null })
  })

  test('changes no row for somebody who is not there', async () => {
    expect((await digis.updateUserProfile(randomUUID(), { bio: 'x' })).rowCount).toBe(0)
  })

  test('of two calls at once for different fields none is lost', async () => {
    const { supabase_id } = await newFan(digis)
    await Promise.all([
      digis.updateUserProfile(supabase_id, { bio: 'both' }),
      digis.updateUserProfile(supabase_id, { is_creator: true }),
    ])
    expect(await digis.getUserBySupabaseId(supabase_id)).toMatchObject({ bio: 'both', is_creator: true })
  })
})

describe('a username', () => {
  const named = (username: string) => digis.createUser(randomUUID(), false, '', '', 1, '', username)
  const taken = { code: '23505', constraint: 'uq_users_username' }

  test('is one person’s, however it is written, until they give it up', async () => {
    const owner = only(await named('Once.Only'))
    const other = await newFan(digis)
    for (const username of ['Once.Only', 'ONCE.ONLY', 'once.only']) {
      await expect(named(username)).rejects.toMatchObject(taken)
      await expect(digis.updateUserProfile(other.supabase_id, { username })).rejects.toMatchObject(taken)
    }
    expect((await digis.getUserById(other.id))?.username).toBeNull()
    const rewritten = await digis.updateUserProfile(owner.supabase_id, { username: 'ONCE.only' })
    expect(only(rewritten).username).toBe('ONCE.only')
    await digis.updateUserProfile(owner.supabase_id, { username: '' })
    expect(only(await named('once.ONLY')).username).toBe('once.ONLY')
  })

  test('that many want at the same moment one gets, and the others are told', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => named(n % 2 === 0 ? 'wanted' : 'WANTED')),
    )
    const failures = results.flatMap(result => (result.status === 'rejected' ? [result.reason] : []))
    expect(failures).toHaveLength(19)
    for (const failure of failures) expect(failure).toMatchObject(taken)
  })
})

describe('the module takes a name exactly where the database does:', () => {
  const texts = [
    'a',
    'Ana',
    ' Ana',
    'Ana ',
    ' ',
    '\tAna',
    'Ana\n',
    '\u00a0',
    'Zoë',
    '漢字',
    '😀😀😀',
    'a'.repeat(30),
  ]
  const words = [
    'a'.repeat(31),
    'A.B_c9',
    '.ana',
    '_ana',
    '9an',
    'an',
    'a-b-c',
    'a b',
    'äna',
    'ana\n',
    'ANA..__',
  ]
  const long = [
    'x'.repeat(100),
    'x'.repeat(101),
    '😀'.repeat(100),
    '😀'.repeat(101),
    "'; DROP TABLE users; --",
  ]

  test.each(['display_name', 'username'] as const)('%s', async column => {
    const user = await newFan(digis)
    const undo = new Error('undone')
    const outcome = (call: Promise<unknown>): Promise<string> =>
      call.then(
        () => 'stored',
        error => (error === undo ? 'stored' : (error.constraint ?? error.field)),
      )
    const insert = `INSERT INTO users (supabase_id, ${column}) VALUES (gen_random_uuid(), $1)`
    const expected: Record<string, string> = { stored: 'stored', [`chk_users_${column}`]: column }
    const outcomes = new Set<string>()
    for (const name of [...texts, ...words, ...long]) {
      const inserting = digis.transaction(async tx => {
        await tx.query(insert, [name])
        throw undo
      })
      const byDatabase = await outcome(inserting)
      const byModule = await outcome(digis.updateUserProfile(user.supabase_id, { [column]: name }))
      expect(byModule, JSON.stringify(name)).toBe(expected[byDatabase])
      if (byModule === 'stored') expect((await digis.getUserById(user.id))?.[column]).toBe(name)
      outcomes.add(byModule)
    }
    expect([...outcomes].sort()).toEqual([column, 'stored'].sort())
  })
})

describe('an impossible argument is refused by name, before it is sent:', () => {
  const id = randomUUID()
  const named = (...names: unknown[]) => digis.createUser(id, false, '', '', 1, ...(names as string[]))
  test.each<[string, string, () => Promise<unknown>]>([
    ['a supabase_id that is no UUID', 'supabase_id', () => digis.createUser('not-a-uuid')],
    ['no supabase_id', 'supabase_id', () => digis.createUser(undefined as never)],
    ['a UUID with something behind it', 'supabase_id', () => digis.getUserBySupabaseId(`${id}' OR true --`)],
    ['a UUID in an object', 'supabase_id', () => digis.getUserBySupabaseId({ id } as never)],
    ['an update of nobody', 'supabase_id', () => digis.updateUserProfile('', { bio: 'x' })],
    ['a key of zero', 'id', () => digis.getUserById(0)],
    ['a key that is no number', 'id', () => digis.getUserById(Number.NaN)],
    ['a key above bigint', 'id', () => digis.getUserById('9223372036854775808')],
    ['a key that is not whole', 'id', () => digis.getUserById(1.5)],
    ['text for is_creator', 'is_creator', () => digis.createUser(id, 'true' as never)],
    ['a number for bio', 'bio', () => digis.createUser(id, false, 7 as never)],
    ['a negative price', 'price_per_min', () => digis.createUser(id, true, '', '', -0.01)],
    ['a price of NaN', 'price_per_min', () => digis.createUser(id, true, '', '', Number.NaN)],
    [
      'an infinite price',
      'price_per_min',
      () => digis.createUser(id, true, '', '', Number.POSITIVE_INFINITY),
    ],
    ['a huge price', 'price_per_min', () => digis.createUser(id, true, '', '', 1e12)],
    ['a price that is text but no number', 'price_per_min', () => digis.createUser(id, true, '', '', '1e3')],
    [
      'a negative price in an update',
      'price_per_min',
      () => digis.updateUserProfile(id, { price_per_min: -1 }),
    ],
    ['a bio of a megabyte', 'bio', () => digis.updateUserProfile(id, { bio: 'x'.repeat(1_048_576) })],
    ['a bio with NUL', 'bio', () => digis.createUser(id, false, 'a\0b')],
    ['a bio with half a surrogate pair', 'bio', () => digis.createUser(id, false, 'a\ud83d')],
    ['a long picture address', 'profile_pic_url', () => digis.createUser(id, false, '', 'x'.repeat(2_049))],
    ['a number for a display name', 'display_name', () => named(7)],
    ['a display name of a megabyte', 'display_name', () => named('x'.repeat(1_048_576))],
    ['a display name of spaces', 'display_name', () => named('   ')],
    ['a display name with NUL', 'display_name', () => named('a\0b')],
    ['a display name with half a surrogate pair', 'display_name', () => named('a\ud83d')],
    ['an object for a username', 'username', () => named('', { ana: true })],
    ['a username of a megabyte', 'username', () => named('', 'x'.repeat(1_048_576))],
    ['a username with SQL', 'username', () => named('', "ana'--")],
    ['a username with NUL', 'username', () => named('', 'ana\0')],
    ['a username that looks like another', 'username', () => named('', '\u0430na')],
    ['a username with an invisible sign', 'username', () => named('', 'ana\u200b')],
  ])('%s', async (_, field, call) => {
    const before = digis.queryMetrics.totalQueries
    await expect(call()).rejects.toMatchObject(wrong(field))
    expect(digis.queryMetrics.totalQueries).toBe(before)
  })
})

describe('any other text is stored as it is and does nothing else:', () => {
  test.each([
    "'; DROP TABLE users; --",
    '$1 $2 {} %s \\ " ` \u2028',
    '<script>alert(1)</script>',
    '😀 ñ 漢字 \u0301 \ufeff \u200b',
    'line\r\nbreak\ttab\u0001',
    '😀'.repeat(5_000),
  ])('%#', async text => {
    const user = only(await digis.createUser(randomUUID(), true, text, text.slice(0, 100)))
    expect(user.bio).toBe(text)
    expect((await digis.getUserById(user.id))?.bio).toBe(text)
  })
})

describe('the database itself refuses what the module would:', () => {
  const insert = (column: string, value: string) =>
    digis.query(`INSERT INTO users (supabase_id, ${column}) VALUES (gen_random_uuid(), ${value})`)

  test.each([
    ['price_per_min', '-0.01', 'chk_users_price_per_min'],
    ['price_per_min', "'NaN'", 'chk_users_price_per_min'],
    ['price_per_min', '10000.01', 'chk_users_price_per_min'],
    ['bio', "repeat('x', 5001)", 'chk_users_bio'],
    ['profile_pic_url', "repeat('x', 2049)", 'chk_users_profile_pic_url'],
    ['display_name', "''", 'chk_users_display_name'],
    ['username', "''", 'chk_users_username'],
  ])('%s %s', async (column, value, constraint) => {
    await expect(insert(column, value)).rejects.toMatchObject({ ...broken(constraint), code: '23514' })
  })

  test('a user who has sessions cannot be deleted', async () => {
    const [creator, fan] = [await newFan(digis), await newFan(digis)]
    await digis.createSession(creator.id, fan.id)
    await expect(digis.query('DELETE FROM users WHERE id = $1', [fan.id])).rejects.toMatchObject(
      broken('fk_sessions_fan'),
    )
  })
})
