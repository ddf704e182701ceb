import type { Digis, Page } from '@holdfast/digis'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { newDigis, only } from './new-digis.js'

/** Creators who joined after all of whom a word is said: more than are looked at one by one. */
const NEWER = 2_600
const OLD = 1_500

interface Creator {
  readonly id: number
  readonly names: string
  readonly bio: string
}

/** Of the old ones all have tea, every fifth rum; of all, a few are called so. Newest first. */
const CREATORS: readonly Creator[] = Array.from({ length: OLD + NEWER }, (_, index) => {
  const id = OLD + NEWER - index
  const called = { Tea: 60, Rum: 90, Milk: 4 }
  return {
    id,
    names: Object.keys(called)
      .filter(name => id % called[name as keyof typeof called] === 0)
      .join(' '),
    bio: id > OLD ? 'juice' : id % 5 === 0 ? 'tea rum' : 'tea',
  }
})

let digis: Digis

beforeAll(async () => {
  digis = await newDigis()
  await digis.query('ALTER TABLE users DISABLE TRIGGER trg_users_search_insert')
  await digis.query(
    `INSERT INTO users (id, supabase_id, is_creator, display_name, bio) OVERRIDING SYSTEM VALUE
     SELECT id, gen_random_uuid(), true, nullif(names, ''), bio
       FROM unnest($1::bigint[], $2::text[], $3::text[]) AS c (id, names, bio)`,
    [CREATORS.map(({ id }) => id), CREATORS.map(({ names }) => names), CREATORS.map(({ bio }) => bio)],
  )
  // As the trigger does it, but at once.
  await digis.query(
    `INSERT INTO creator_documents (creator_id, names, document)
     SELECT id, names, names || setweight(to_tsvector('simple', bio), 'C')
       FROM users, LATERAL (SELECT setweight(to_tsvector('simple', coalesce(display_name, '')), 'A') AS names) AS n`,
  )
})

/** Those with the words in their names, then the others, each newest first. */
function inOrder(matches: (words: string) => boolean): number[] {
  const all = CREATORS.filter(({ names, bio }) => matches(`${names} ${bio}`.toLowerCase()))
  const byName = ({ names }: Creator) => matches(names.toLowerCase())
  return [...all.filter(byName), ...all.filter(creator => !byName(creator))].map(({ id }) => id)
}

async function walk(term: string, limit: number): Promise<number[]> {
  const ids: number[] = []
  let after: string | null = null
  do {
    const page: Page<{ id: number }> = await digis.searchCreatorsPage(term, { limit, after })
    ids.push(...page.rows.map(row => row.id))
    after = page.next
  } while (after !== null)
  return ids
}

describe('of many matches, the search for', () => {
  const has = (word: string) => (words: string) => words.split(' ').includes(word)
  test.each<[string, string, (words: string) => boolean]>([
    ['a word that only old creators have', 'tea', has('tea')],
    ['one that fewer of them have', 'rum', has('rum')],
    ['a word of the newest', 'juice', has('juice')],
    ['a word of names', 'milk', has('milk')],
    ['two words', 'tea milk', words => has('tea')(words) && has('milk')(words)],
    ['a word without another one', 'milk -rum', words => has('milk')(words) && !has('rum')(words)],
    ['either of two words', 'juice or rum', words => has('juice')(words) || has('rum')(words)],
  ])('%s finds each once, names first, the newest first', async (_, term, matches) => {
    const expected = inOrder(matches)
    expect(expected.length).toBeGreaterThan(200)
    for (const [limit, offset] of [
      [20, 0],
      [1, 19],
      [1_000, 0],
      [300, 700],
      [20, 1_190],
      [20, 9_000],
    ] as const) {
      const { rows } = await digis.searchCreators(term, limit, offset)
      expect(rows.map(row => row.id)).toEqual(expected.slice(offset, offset + limit))
    }
    expect(await walk(term, 499)).toEqual(expected)
  })
})

/** Words of few letters, so that many are like each other. */
const WORD = fc.stringMatching(/^[abk]{4,9}$/)

/** Who has one of the five known words that are most like a typed one, and share more with it than beginning and end. */
const OF_ALIKE_WORDS = `
  SELECT coalesce(array_agg(creator_id::int ORDER BY creator_id), '{}') AS ids FROM creator_documents
   WHERE document @@ (
     SELECT string_agg(quote_literal(word), ' | ')::tsquery
       FROM (SELECT DISTINCT word, search_similarity($1, word) AS similarity FROM search_words
              WHERE search_similarity($1, word) >= 0.45 AND abs(length(word) - length($1)) <= 2
                AND trigrams && search_trigrams($1)
              ORDER BY similarity DESC, word LIMIT 5) AS alike)`

test('a word that nobody has finds those that are like it, by their similarity, and no other', async () => {
  const other = await newDigis()
  const agrees = async (words: string[], terms: string[]) => {
    await other.query('DELETE FROM users; DELETE FROM search_words')
    await other.query(
      'INSERT INTO users (supabase_id, is_creator, bio) SELECT gen_random_uuid(), true, word FROM unnest($1::text[]) AS w (word)',
      [words],
    )
    for (const term of terms.filter(typed => !words.some(word => word.startsWith(typed)))) {
      const { rows } = await other.searchCreators(term, 1_000)
      const ids = rows.map(row => row.id).sort((one, other) => one - other)
      expect({ term, ids }).toEqual({ term, ...only(await other.query(OF_ALIKE_WORDS, [term])) })
    }
  }
  const words = fc.uniqueArray(WORD, { minLength: 60, maxLength: 60, size: 'max' })
  const terms = fc.array(WORD, { minLength: 20, maxLength: 20 })
  await fc.assert(fc.asyncProperty(words, terms, agrees), { numRuns: 4 })
})
