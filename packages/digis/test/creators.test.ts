import type { Digis, Page, PageRequest } from '@holdfast/digis'
import { beforeAll, describe, expect, test } from 'vitest'
import { newCreator, newDigis, newFan, wrong } from './new-digis.js'

let digis: Digis
const names = ['dancer', 'pianist', 'both', 'silent', 'tricky'] as const
const ids = {} as Record<(typeof names)[number], number>

beforeAll(async () => {
  digis = await newDigis()
  await newFan(digis)
  ids.dancer = (await newCreator(digis, 'I teach salsa dancing in Lisbon. Dancing, dancing, dancing!')).id
  ids.pianist = (await newCreator(digis, 'Jazz pianist, patient with beginners')).id
  ids.both = (await newCreator(digis, 'Piano for dancers; a dance to every tune')).id
  ids.silent = (await newCreator(digis)).id
  ids.tricky = (await newCreator(digis, "100 % rock'n'roll & soul | funk: (live) * C++ \\ under_score")).id
})

const found = async (term: string) => (await digis.searchCreators(term)).rows.map(row => row.id)

async function walk(
  list: (page: PageRequest) => Promise<Page<{ id: number }>>,
  limit: number,
): Promise<number[][]> {
  const pages: number[][] = []
  let after: string | null = null
  do {
    const { rows, next }: Page<{ id: number }> = await list({ limit, after })
    pages.push(rows.map(row => row.id))
    after = next
  } while (after !== null)
  return pages
}

describe('getCreators', () => {
  test('returns creators, no fans, newest first', async () => {
    const all = await digis.getCreators()
    expect(all.map(row => row.id)).toEqual(names.map(name => ids[name]).reverse())
    expect(all[0]).not.toHaveProperty('bio_search')
  })

  test('returns nothing where there is no creator', async () => {
    expect(await (await newDigis()).getCreators()).toEqual([])
  })
})

describe('listCreators', () => {
  test('comes to the end by cursors, each creator once, newest first', async () => {
    const { dancer, pianist, both, silent, tricky } = ids
    expect(await walk(digis.listCreators, 2)).toEqual([[tricky, silent], [both, pianist], [dancer]])
    expect(await walk(digis.listCreators, 5)).toEqual([[tricky, silent, both, pianist, dancer]])
  })

  test('shows nobody twice when somebody joins between two pages', async () => {
    const other = await newDigis()
    const [first, second] = [await newCreator(other), await newCreator(other)]
    const page = await other.listCreators({ limit: 1 })
    await newCreator(other)
    const rest = await other.listCreators({ limit: 10, after: page.next })
    expect([page.rows, rest.rows].map(rows => rows.map(row => row.id))).toEqual([[second.id], [first.id]])
    expect(rest.next).toBeNull()
  })

  test('without arguments returns the first twenty', async () => {
    expect((await digis.listCreators()).rows).toHaveLength(5)
  })
})

describe('searchCreators', () => {
  test('finds words in any form, the best match first', async () => {
    expect(await found('dance')).toEqual([ids.both, ids.dancer])
    expect(await found('DANCING')).toEqual([ids.dancer, ids.both])
    expect(await found('beginner')).toEqual([ids.pianist])
  })

  test('finds a word of which only the beginning is typed', async () => {
    for (const typed of ['sa', 'sal', 'salsa', 'salsa da', 'salsa dancin'])
      expect(await found(typed)).toEqual([ids.dancer])
    expect(await found('eginners')).toEqual([ids.pianist]) // as a misspelt word
    expect(await found('inners')).toEqual([])
  })

  test('understands phrases, or and minus', async () => {
    expect(await found('"salsa dancing"')).toEqual([ids.dancer])
    expect(await found('"dancing salsa"')).toEqual([])
    expect(await found('jazz or salsa')).toHaveLength(2)
    expect(await found('dance -piano')).toEqual([ids.dancer])
  })

  test('finds everybody for a blank term, newest first', async () => {
    expect(await found('')).toEqual(names.map(name => ids[name]).reverse())
    expect(await found(' \t\n')).toHaveLength(5)
  })

  test.each(['%', '_', '%%%', '!!!', '&', '|', ':*', '()', "'", '\\', '<->', '😀'])(
    'finds nobody for %s, which holds no word, and does not fail',
    async term => {
      expect(await found(term)).toEqual([])
    },
  )

  test.each([
    "rock'n'roll",
    'soul | (funk',
    'funk:',
    'C++',
    '100 %',
    'fun:*',
    "soul'; DROP TABLE users; --or",
    '!(soul & ',
  ])('takes the signs in %s for no more than signs', async term => {
    await expect(digis.searchCreators(term)).resolves.toBeDefined()
    expect(await digis.getCreators()).toHaveLength(5)
  })

  test('finds a bio by its words whatever the signs around them', async () => {
    for (const term of ["rock'n'roll", 'soul | funk', '(live)', '100 %'])
      expect(await found(term)).toEqual([ids.tricky])
  })

  test('finds nothing that is not there', async () => {
    expect(await found('zeppelin')).toEqual([])
  })

  test('pages by limit and offset', async () => {
    const page = async (limit: number, offset: number) =>
      (await digis.searchCreators('dancing', limit, offset)).rows
    expect((await page(1, 0)).map(row => row.id)).toEqual([ids.dancer])
    expect((await page(1, 1)).map(row => row.id)).toEqual([ids.both])
    expect(await page(1, 2)).toEqual([])
    expect((await digis.searchCreators('', 2, 4)).rows.map(row => row.id)).toEqual([ids.dancer])
  })

  test('sees a bio as soon as it is changed', async () => {
    const creator = await newCreator(digis, 'Nothing yet')
    await digis.updateUserProfile(creator.supabase_id, { bio: 'Bagpipes' })
    expect(await found('bagpipe')).toEqual([creator.id])
    await digis.updateUserProfile(creator.supabase_id, { is_creator: false })
    expect(await found('bagpipe')).toEqual([])
  })
})

describe('searchCreatorsPage', () => {
  test('comes to the end by cursors in the order of the search', async () => {
    const other = await newDigis()
    for (const bio of ['tea', 'tea and tea', 'coffee', 'tea', 'tea time']) await newCreator(other, bio)
    const whole = (await other.searchCreators('tea')).rows.map(row => row.id)
    const pages = await walk(page => other.searchCreatorsPage('tea', page), 1)
    expect(whole).toHaveLength(4)
    expect(pages.flat()).toEqual(whole)
  })

  test('lists everybody for a blank term', async () => {
    expect((await walk(page => digis.searchCreatorsPage(' ', page), 2)).flat()).toEqual(
      (await digis.getCreators()).map(row => row.id),
    )
  })

  test('refuses the cursor of another term or list', async () => {
    const { next } = await digis.searchCreatorsPage('dance', { limit: 1 })
    expect(next).not.toBeNull()
    await expect(digis.searchCreatorsPage('jazz', { after: next })).rejects.toMatchObject(wrong('after'))
    await expect(digis.listCreators({ after: next })).rejects.toMatchObject(wrong('after'))
  })
})

describe('an impossible argument is refused by name:', () => {
  test.each<[string, string, () => Promise<unknown>]>([
    ['a huge limit', 'limit', () => digis.searchCreators('x', 1_001)],
    ['a limit of zero', 'limit', () => digis.searchCreators('x', 0)],
    ['a limit that is no number', 'limit', () => digis.searchCreators('x', 'all' as never)],
    ['a limit with SQL in it', 'limit', () => digis.searchCreators('x', '1; DROP TABLE users' as never)],
    ['a huge limit of a page', 'limit', () => digis.listCreators({ limit: 1e9 })],
    ['a negative offset', 'offset', () => digis.searchCreators('x', 20, -1)],
    ['an offset of NaN', 'offset', () => digis.searchCreators('x', 20, Number.NaN)],
    ['a term of a megabyte', 'term', () => digis.searchCreators('x'.repeat(1_048_576))],
    ['a term with NUL', 'term', () => digis.searchCreators('a\0')],
    ['no term', 'term', () => digis.searchCreators(undefined as never)],
    ['a cursor that is not one', 'after', () => digis.listCreators({ after: 'x' })],
    ['an empty cursor', 'after', () => digis.listCreators({ after: '' })],
    ['a cursor that is an object', 'after', () => digis.listCreators({ after: {} as never })],
  ])('%s', async (_, field, call) => {
    await expect(call()).rejects.toMatchObject(wrong(field))
  })
})
