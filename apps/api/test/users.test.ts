import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { startService, type TestService } from './support/service.js'
import { signToken } from './support/tokens.js'

let service: TestService
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.close())

describe('joining', () => {
  test('creates the profile for the subject of the token', async () => {
    const sub = randomUUID()
    const body = {
      is_creator: true,
      bio: 'Salsa 💃',
      profile_pic_url: 'https://cdn.example.com/a.jpg',
      price_per_min: '2.5',
      display_name: 'Zoë 💃',
      username: 'Zoe_1',
    }
    const answer = await service.call('POST /api/users', { token: await signToken({ sub }), body })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe('/api/users/me')
    expect(answer.body).toEqual({
      ...body,
      id: expect.any(Number),
      price_per_min: '2.50',
      supabase_id: sub,
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
      updated_at: expect.stringMatching(/^\d{4}-.*Z$/),
    })
  })

  test('needs nothing but a body', async () => {
    const { status, body } = await service.call('POST /api/users', { token: await signToken(), body: {} })
    expect(status).toBe(201)
    expect(body).toMatchObject({ is_creator: false, bio: '', profile_pic_url: '', price_per_min: '1.00' })
    expect(body).toMatchObject({ display_name: null, username: null })
  })

  test('twice is a conflict', async () => {
    const { token } = await service.join()
    expectProblem(await service.call('POST /api/users', { token, body: {} }), {
      status: 409,
      kind: 'duplicate',
    })
  })

  test('fifty times at once gives one profile and forty-nine conflicts', async () => {
    const token = await signToken()
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => service.call('POST /api/users', { token, body: {} })),
    )
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([201, ...Array(49).fill(409)])
  })
})

describe('the own profile', () => {
  test('is what was said', async () => {
    const { id, token, supabaseId } = await service.join({ bio: 'Hello' })
    const { status, body } = await service.call('GET /api/users/me', { token })
    expect(status).toBe(200)
    expect(body).toMatchObject({ id, supabase_id: supabaseId, bio: 'Hello' })
  })

  test('of somebody who has not joined does not exist yet', async () => {
    const answer = await service.call('GET /api/users/me', { token: await signToken() })
    expectProblem(answer, { status: 404, kind: 'not-found' })
    expect(answer.body.detail).toContain('POST /api/users')
  })

  test('changes in the given fields only', async () => {
    const { token } = await service.join({ bio: 'Before', price_per_min: '3' })
    const changed = await service.call('PATCH /api/users/me', { token, body: { bio: 'After' } })
    expect(changed.status).toBe(200)
    expect(changed.body).toMatchObject({ bio: 'After', price_per_min: '3.00' })
    expect((await service.call('GET /api/users/me', { token })).body).toEqual(changed.body)
  })

  test('loses a name by null and nothing else, and what was read can be sent back', async () => {
    const { token } = await service.join({ display_name: 'Ana Bela', username: 'ana.bela' })
    const change = async (body: unknown) => (await service.call('PATCH /api/users/me', { token, body })).body
    expect(await change({ display_name: null })).toMatchObject({ display_name: null, username: 'ana.bela' })
    expect(await change({ bio: 'x' })).toMatchObject({ display_name: null, username: 'ana.bela' })
    const { id, supabase_id, created_at, updated_at, ...sent } = await change({ username: null })
    expect(sent).toMatchObject({ display_name: null, username: null, bio: 'x' })
    expect(await change(sent)).toEqual({ ...sent, id, supabase_id, created_at, updated_at })
    const joined = await service.call('POST /api/users', { token: await signToken(), body: sent })
    expect(joined).toMatchObject({ status: 201, body: sent })
  })

  test('cannot take a username that somebody has, however it is written', async () => {
    await service.join({ username: 'First.Come' })
    const { token } = await service.join({ username: 'second' })
    const taken = { status: 409, kind: 'duplicate', fields: ['username'] }
    for (const username of ['First.Come', 'first.come', 'FIRST.COME']) {
      const body = { username, bio: 'changed' }
      expectProblem(await service.call('PATCH /api/users/me', { token, body }), taken)
      expectProblem(await service.call('POST /api/users', { token: await signToken(), body }), taken)
    }
    const { body } = await service.call('GET /api/users/me', { token })
    expect(body).toMatchObject({ username: 'second', bio: '' })
  })

  test('cannot be changed before it is created', async () => {
    const answer = await service.call('PATCH /api/users/me', { token: await signToken(), body: { bio: 'x' } })
    expectProblem(answer, { status: 403, kind: 'profile-missing' })
  })
})

describe('the public profile of another', () => {
  test('shows what may be known, and no more', async () => {
    const names = { display_name: 'Pub Lic', username: 'pub.lic' }
    const [asker, other] = await Promise.all([service.join(), service.join({ bio: 'Public', ...names })])
    const { status, body } = await service.call(`GET /api/users/${other.id}`, { token: asker.token })
    expect(status).toBe(200)
    expect(body).toEqual({
      ...names,
      id: other.id,
      is_creator: false,
      bio: 'Public',
      profile_pic_url: '',
      price_per_min: '1.00',
    })
  })

  test('of nobody is not found', async () => {
    const { token } = await service.join()
    expectProblem(await service.call('GET /api/users/999999999', { token }), {
      status: 404,
      kind: 'not-found',
    })
  })
})
