import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { type Person, startService, type TestService } from './support/service.js'

let service: TestService
let fan: Person
let creator: Person
let other: Person
beforeAll(async () => {
  service = await startService()
  ;[fan, creator, other] = await Promise.all([
    service.join(),
    service.join({ is_creator: true }),
    service.join(),
  ])
})
afterAll(() => service.close())

async function start(): Promise<number> {
  const { status, body } = await service.call('POST /api/sessions', {
    token: fan.token,
    body: { creator_id: creator.id },
  })
  expect(status).toBe(201)
  return body.id
}

describe('a session', () => {
  test('starts with its fan, and says where it is', async () => {
    const body = { creator_id: creator.id, type: 'voice' }
    const answer = await service.call('POST /api/sessions', { token: fan.token, body })
    expect(answer.status).toBe(201)
    expect(answer.headers.get('location')).toBe(`/api/sessions/${answer.body.id}`)
    expect(answer.body).toEqual({
      id: expect.any(Number),
      creator_id: creator.id,
      fan_id: fan.id,
      type: 'voice',
      start_time: expect.stringMatching(/Z$/),
      end_time: null,
    })
  })

  test('with somebody who does not exist names the field', async () => {
    const answer = await service.call('POST /api/sessions', {
      token: fan.token,
      body: { creator_id: 999_999_999 },
    })
    expectProblem(answer, { status: 422, kind: 'missing-reference', fields: ['creator_id'] })
  })

  test('with somebody who is no creator names the field', async () => {
    const answer = await service.call('POST /api/sessions', {
      token: fan.token,
      body: { creator_id: other.id },
    })
    expectProblem(answer, { status: 422, kind: 'missing-reference', fields: ['creator_id'] })
  })

  test('with oneself names the field', async () => {
    const answer = await service.call('POST /api/sessions', {
      token: creator.token,
      body: { creator_id: creator.id },
    })
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['creator_id'] })
  })

  test('is seen and ended by both of its people, and ended once', async () => {
    const id = await start()
    for (const { token } of [fan, creator]) {
      expect((await service.call(`GET /api/sessions/${id}`, { token })).body).toMatchObject({
        id,
        end_time: null,
      })
    }
    const first = await service.call(`POST /api/sessions/${id}/end`, { token: creator.token })
    const second = await service.call(`POST /api/sessions/${id}/end`, { token: fan.token })
    expect(first.status).toBe(200)
    expect(Date.parse(first.body.end_time)).toBeGreaterThanOrEqual(Date.parse(first.body.start_time))
    expect(second).toMatchObject({ status: 200, body: first.body })
  })

  test('is neither seen nor ended by others', async () => {
    const id = await start()
    for (const request of [`GET /api/sessions/${id}`, `POST /api/sessions/${id}/end`]) {
      expectProblem(await service.call(request, { token: other.token }), { status: 403, kind: 'forbidden' })
    }
    expect((await service.call(`GET /api/sessions/${id}`, { token: fan.token })).body.end_time).toBeNull()
  })

  test('that does not exist is not found', async () => {
    for (const request of ['GET /api/sessions/999999999', 'POST /api/sessions/999999999/end']) {
      expectProblem(await service.call(request, { token: fan.token }), { status: 404, kind: 'not-found' })
    }
  })
})

describe('the own sessions', () => {
  test('are listed for both people, the newest first, by keyset and by offset, and for nobody else', async () => {
    const [guest, host] = await Promise.all([service.join(), service.join({ is_creator: true })])
    const ids: number[] = []
    for (let count = 0; count < 3; count++) {
      const { body } = await service.call('POST /api/sessions', {
        token: guest.token,
        body: { creator_id: host.id },
      })
      ids.unshift(body.id)
    }
    const list = async (query: string, token: string) =>
      (await service.call(`GET /api/sessions${query}`, { token })).body
    const idsOf = ({ items }: { items: { id: number }[] }) => items.map(({ id }) => id)
    for (const { token } of [guest, host]) expect(idsOf(await list('', token))).toEqual(ids)
    const first = await list('?limit=2', guest.token)
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    expect(idsOf(await list(`?limit=2&after=${first.next}`, guest.token))).toEqual(ids.slice(2))
    expect(idsOf(await list('?limit=2&offset=2', guest.token))).toEqual(ids.slice(2))
    const answer = await service.call(`GET /api/sessions?after=${first.next}`, { token: other.token })
    expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['after'] })
  })

  test('that go on are listed until they end', async () => {
    const guest = await service.join()
    const { body } = await service.call('POST /api/sessions', {
      token: guest.token,
      body: { creator_id: creator.id },
    })
    const active = async () =>
      (await service.call('GET /api/sessions/active', { token: guest.token })).body.items
    expect(await active()).toEqual([body])
    await service.call(`POST /api/sessions/${body.id}/end`, { token: guest.token })
    expect(await active()).toEqual([])
  })
})
