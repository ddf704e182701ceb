import { type Digis, SESSION_TYPES } from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { broken, newCreator, newDigis, newFan, newSession, only, wrong } from './new-digis.js'

let digis: Digis
beforeAll(async () => {
  digis = await newDigis()
})

const ABSENT = 9_007_199_254_740_991

describe('createSession', () => {
  test('starts a video session now', async () => {
    const [creator, fan] = [await newCreator(digis), await newFan(digis)]
    const session = only(await digis.createSession(creator.id, fan.id))
    expect(session).toEqual({
      id: expect.any(Number),
      creator_id: creator.id,
      fan_id: fan.id,
      type: 'video',
      start_time: expect.any(Date),
      end_time: null,
      created_at: session.start_time,
      updated_at: session.start_time,
    })
  })

  test('knows every type and keys as text', async () => {
    const { creator_id, fan_id } = await newSession(digis)
    for (const type of SESSION_TYPES) {
      expect(only(await digis.createSession(String(creator_id), String(fan_id), type)).type).toBe(type)
    }
  })

  test('refuses people who are not there', async () => {
    const { id } = await newFan(digis)
    const missing = { code: '23503', category: 'missing-reference' }
    await expect(digis.createSession(ABSENT, id)).rejects.toMatchObject({
      ...missing,
      ...broken('fk_sessions_creator'),
    })
    await expect(digis.createSession(id, ABSENT)).rejects.toMatchObject({
      ...missing,
      ...broken('fk_sessions_fan'),
    })
  })

  test('refuses somebody on their own', async () => {
    const { id } = await newCreator(digis)
    await expect(digis.createSession(id, id)).rejects.toMatchObject(broken('chk_sessions_two_people'))
  })
})

describe('endSession', () => {
  test('ends a session now', async () => {
    const session = await newSession(digis)
    const ended = only(await digis.endSession(session.id))
    expect(ended).toEqual({ ...session, end_time: expect.any(Date), updated_at: expect.any(Date) })
    expect(ended.end_time?.getTime()).toBeGreaterThanOrEqual(session.start_time.getTime())
  })

  test('changes nothing the second time', async () => {
    const { id } = await newSession(digis)
    const first = only(await digis.endSession(id))
    expect(only(await digis.endSession(id))).toEqual(first)
  })

  test('called many times at once gives every caller the same end', async () => {
    const { id } = await newSession(digis)
    const results = await Promise.all(Array.from({ length: 20 }, () => digis.endSession(id)))
    const ends = results.map(result => only(result).end_time?.toISOString())
    expect(new Set(ends).size).toBe(1)
  })

  test('returns no row for a session that is not there', async () => {
    expect(await digis.endSession(ABSENT)).toMatchObject({ rows: [], rowCount: 0 })
  })

  test('ends a session that was to start later at its start, not before', async () => {
    const { id } = await newSession(digis)
    await digis.query("UPDATE sessions SET start_time = now() + interval '1 hour' WHERE id = $1", [id])
    const { start_time, end_time } = only(await digis.endSession(id))
    expect(end_time).toEqual(start_time)
  })
})

describe('getSessionById', () => {
  test('tells of the session and its two people', async () => {
    const [creator, fan] = [await newCreator(digis, 'Salsa'), await newFan(digis)]
    const session = only(await digis.createSession(creator.id, fan.id))
    expect(await digis.getSessionById(session.id)).toEqual({
      ...session,
      creator_supabase_id: creator.supabase_id,
      creator_bio: 'Salsa',
      member_supabase_id: fan.supabase_id,
    })
  })

  test('returns null for a session that is not there', async () => {
    expect(await digis.getSessionById(ABSENT)).toBeNull()
  })
})

describe("a user's sessions", () => {
  /** Two sessions as creator and three as fan, each a microsecond after the one before; the second one ended. */
  async function busyUser() {
    const [me, other] = [await newCreator(digis), await newCreator(digis)]
    const sides = [
      [me, other],
      [other, me],
      [me, other],
      [other, me],
      [other, me],
    ] as const
    const ids: number[] = []
    for (const [creator, fan] of sides) ids.push(only(await digis.createSession(creator.id, fan.id)).id)
    const start = "timestamptz '2026-01-02 03:04:05.000001+00' + place * interval '1 microsecond'"
    await digis.query(
      `UPDATE sessions SET start_time = ${start} FROM unnest($1::bigint[]) WITH ORDINALITY AS s (key, place) WHERE id = key`,
      [ids],
    )
    await digis.endSession(ids[1] ?? 0)
    return { id: me.id, newestFirst: ids.reverse() }
  }

  test('come newest first from both sides, in pages by limit and offset', async () => {
    const { id, newestFirst } = await busyUser()
    const keys = async (...page: number[]) =>
      (await digis.getUserSessions(id, ...page)).rows.map(row => row.id)
    expect(await keys()).toEqual(newestFirst)
    expect(await keys(2)).toEqual(newestFirst.slice(0, 2))
    expect(await keys(2, 2)).toEqual(newestFirst.slice(2, 4))
    expect(await keys(10, 5)).toEqual([])
  })

  test('come in keyset pages that tell microseconds apart', async () => {
    const { id, newestFirst } = await busyUser()
    const one = await digis.listUserSessions(id, { limit: 2 })
    const two = await digis.listUserSessions(id, { limit: 2, after: one.next })
    const three = await digis.listUserSessions(id, { limit: 2, after: two.next })
    expect([one, two, three].flatMap(page => page.rows.map(row => row.id))).toEqual(newestFirst)
    expect(three.next).toBeNull()
    expect(one.rows[0]).toEqual(only(await digis.getUserSessions(id, 1)))
  })

  test('that go on come newest first', async () => {
    const { id, newestFirst } = await busyUser()
    const active = (await digis.getActiveSessions(id)).rows.map(row => row.id)
    expect(active).toEqual(newestFirst.filter(key => key !== newestFirst[3]))
  })

  test('are none for a user without any and for no user', async () => {
    const { id } = await newFan(digis)
    for (const user of [id, ABSENT]) {
      expect((await digis.getUserSessions(user)).rows).toEqual([])
      expect((await digis.getActiveSessions(user)).rows).toEqual([])
      expect(await digis.listUserSessions(user)).toEqual({ rows: [], next: null })
    }
  })

  test('have cursors of their own', async () => {
    const [mine, other] = [await busyUser(), await busyUser()]
    const { next } = await digis.listUserSessions(mine.id, { limit: 1 })
    await expect(digis.listUserSessions(other.id, { after: next })).rejects.toMatchObject(wrong('after'))
  })
})

describe('an impossible argument is refused by name:', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['an unknown type', 'type', () => digis.createSession(1, 2, 'telepathy' as never)],
    ['a type in capitals', 'type', () => digis.createSession(1, 2, 'VIDEO' as never)],
    ['a type with SQL in it', 'type', () => digis.createSession(1, 2, "video'); --" as never)],
    ['a creator that is no key', 'creator_id', () => digis.createSession('x', 2)],
    ['no fan', 'fan_id', () => digis.createSession(1, null as never)],
    ['a negative session', 'session_id', () => digis.endSession(-1)],
    ['a UUID for a key', 'id', () => digis.getSessionById('00000000-0000-4000-8000-000000000001')],
    ['a huge limit', 'limit', () => digis.getUserSessions(1, 1_001)],
    ['a negative offset', 'offset', () => digis.getUserSessions(1, 50, -1)],
    ['an infinite user', 'user_id', () => digis.getActiveSessions(Number.POSITIVE_INFINITY)],
    ['a wrong cursor', 'after', () => digis.listUserSessions(1, { after: 'W10' })],
  ])('%s', async (_, field, call) => {
    await expect(call()).rejects.toMatchObject(wrong(field))
  })
})

describe('the database itself refuses what the module would:', () => {
  const change = async (assignment: string) => {
    const { id } = await newSession(digis)
    return digis.query(`UPDATE sessions SET ${assignment} WHERE id = $1`, [id])
  }

  test.each([
    ['an end before the start', "end_time = start_time - interval '1 microsecond'", 'chk_sessions_end_time'],
    ['an end that never comes', "end_time = 'infinity'", 'chk_sessions_end_time'],
    ['an unknown type', "type = 'telepathy'", 'chk_sessions_type'],
    ['one person alone', 'fan_id = creator_id', 'chk_sessions_two_people'],
  ])('%s', async (_, assignment, constraint) => {
    await expect(change(assignment)).rejects.toMatchObject({ ...broken(constraint), code: '23514' })
  })
})
