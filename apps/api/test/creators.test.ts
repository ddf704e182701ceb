import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './support/expect-problem.js'
import { startService, type TestService } from './support/service.js'

let service: TestService
let ids: number[]
beforeAll(async () => {
  service = await startService()
  ids = []
  for (const bio of ['Salsa in Lisbon', 'Yoga at dawn', 'Salsa and bachata', 'Chess', 'Salsa for two']) {
    ids.unshift((await service.join({ is_creator: true, bio })).id)
  }
  await service.join({ bio: 'A fan of salsa' })
})
afterAll(() => service.close())

/** Follows the links of a list to its end. */
async function walk(start: string): Promise<{ ids: number[]; pages: number }> {
  const found: number[] = []
  let pages = 0
  for (let path: string | undefined = start; path !== undefined; pages++) {
    const { status, body, headers } = await service.call(`GET ${path}`)
    expect(status).toBe(200)
    found.push(...body.items.map(({ id }: { id: number }) => id))
    path = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1]
  }
  return { ids: found, pages }
}

test('anyone sees all creators and no fan, the newest first', async () => {
  const { status, body } = await service.call('GET /api/creators')
  expect(status).toBe(200)
  expect(body.items.map(({ id }: { id: number }) => id)).toEqual(ids)
  expect(body.next).toBeNull()
})

test('a creator shows nothing private', async () => {
  const { body } = await service.call('GET /api/creators?limit=1')
  expect(Object.keys(body.items[0]).sort()).toEqual([
    'bio',
    'display_name',
    'id',
    'is_creator',
    'price_per_min',
    'profile_pic_url',
    'username',
  ])
})

test('the links lead through all pages, each creator once, by keyset and by offset', async () => {
  expect(await walk('/api/creators?limit=2')).toEqual({ ids, pages: 3 })
  expect(await walk('/api/creators?limit=2&offset=0')).toEqual({ ids, pages: 3 })
})

test('next is what after takes', async () => {
  const first = await service.call('GET /api/creators?limit=2')
  const second = await service.call(`GET /api/creators?limit=2&after=${encodeURIComponent(first.body.next)}`)
  expect(second.body.items.map(({ id }: { id: number }) => id)).toEqual(ids.slice(2, 4))
})

test('a search finds the creators whose bio matches, page by page in both ways', async () => {
  const salsa = [ids[0], ids[2], ids[4]].sort()
  for (const page of ['', '&limit=2', '&limit=2&offset=0']) {
    expect((await walk(`/api/creators/search?q=salsa${page}`)).ids.sort()).toEqual(salsa)
  }
})

test.each(["' OR 1=1 --", '%', '_', '\\', '(((', '"', '💃', '<script>'])(
  'a search for %s is only a search',
  async q => {
    const { status, body } = await service.call(`GET /api/creators/search?q=${encodeURIComponent(q)}`)
    expect(status).toBe(200)
    expect(body.items).toEqual([])
  },
)

test('one creator is public, a fan is not found among them', async () => {
  const { status, body } = await service.call(`GET /api/creators/${ids[0]}`)
  expect(status).toBe(200)
  expect(body).toMatchObject({ id: ids[0], bio: 'Salsa for two', is_creator: true })
  const fan = await service.join()
  for (const id of [fan.id, 999_999_999]) {
    expectProblem(await service.call(`GET /api/creators/${id}`), { status: 404, kind: 'not-found' })
  }
})

test('the cursor of another list is refused by name', async () => {
  const { body } = await service.call('GET /api/creators/search?q=salsa&limit=1')
  const answer = await service.call(`GET /api/creators?after=${encodeURIComponent(body.next)}`)
  expectProblem(answer, { status: 400, kind: 'invalid-request', fields: ['after'] })
})

test('a creator is found by the name that they take, before whoever only mentions it', async () => {
  const search = async () => (await service.call('GET /api/creators/search?q=Berimbau')).body.items
  const named = await service.join({ is_creator: true, bio: 'Drums', username: 'Drum.9' })
  const mentioning = await service.join({ is_creator: true, bio: 'Berimbau, berimbau, berimbau' })
  expect((await search()).map(({ id }: { id: number }) => id)).toEqual([mentioning.id])
  const body = { display_name: 'Berimbau Plover' }
  expect((await service.call('PATCH /api/users/me', { token: named.token, body })).status).toBe(200)
  expect(await search()).toMatchObject([{ ...body, id: named.id, username: 'Drum.9' }, { id: mentioning.id }])
  for (const read of ['GET /api/creators?limit=2', 'GET /api/creators?limit=2&offset=0']) {
    expect((await service.call(read)).body.items[1]).toMatchObject(body)
  }
  expect((await service.call(`GET /api/creators/${named.id}`)).body).toMatchObject(body)
  await service.call('PATCH /api/users/me', { token: named.token, body: { display_name: null } })
  expect((await search()).map(({ id }: { id: number }) => id)).toEqual([mentioning.id])
})
