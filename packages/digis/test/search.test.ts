import { readFile } from 'node:fs/promises'
import { createDigis, type Digis, type Page } from '@holdfast/digis'
import { temporaryDatabase } from '@holdfast/testkit'
import fc from 'fast-check'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { newCreator, newDigis, newFan, only } from './new-digis.js'

let digis: Digis

beforeAll(async () => {
  digis = await newDigis()
})

/** Creators without a name, of these bios. */
async function join(where: Digis, bios: readonly string[]): Promise<number[]> {
  const { rows } = await where.query(
    'INSERT INTO users (supabase_id, is_creator, bio) SELECT gen_random_uuid(), true, bio FROM unnest($1::text[]) AS b (bio) RETURNING id',
    [bios],
  )
  return rows.map(row => Number(row.id))
}

async function named(displayName: string, username: string, bio = ''): Promise<number> {
  const { id } = await newCreator(digis, bio)
  await digis.query('UPDATE users SET display_name = $2, username = $3 WHERE id = $1', [
    id,
    displayName,
    username,
  ])
  return id
}

async function found(term: string, where = digis): Promise<number[]> {
  return (await where.searchCreators(term, 1_000)).rows.map(row => row.id)
}

async function walk(where: Digis, term: string, limit: number): Promise<number[]> {
  const ids: number[] = []
  let after: string | null = null
  do {
    const page: Page<{ id: number }> = await where.searchCreatorsPage(term, { limit, after })
    ids.push(...page.rows.map(row => row.id))
    after = page.next
  } while (after !== null)
  return ids
}

describe('a search', () => {
  test('ranks a display name above a username, and a username above a bio', async () => {
    const bio = await named('Anna', 'anna1', 'Kazoo, kazoo and kazoo')
    const display = await named('Kazoo Kid', 'kid.1')
    const user = await named('Bert', 'kazoo.bert')
    expect(await found('kazoo')).toEqual([display, user, bio])
  })

  test('finds a word with or without its accents, however they are encoded', async () => {
    const [krakow, lodz, munich] = await join(digis, [
      'Pierogi in Kraków',
      'Łódź',
      'Leopoldstraße, Mu\u0308nchen',
    ])
    for (const term of ['krakow', 'KRAKÓW', 'krako\u0301w']) expect(await found(term)).toEqual([krakow])
    for (const term of ['łódź', 'lodz']) expect(await found(term)).toEqual([lodz])
    for (const term of ['münchen', 'munchen', 'leopoldstrasse']) expect(await found(term)).toEqual([munich])
  })

  test('finds what a misspelt word means, behind what has it as typed', async () => {
    const [right, wrong] = await join(digis, ['Theremin lessons', 'Theremim lessons'])
    expect(await found('theremin')).toEqual([right, wrong])
    expect(await found('theremim')).toEqual([wrong, right])
    expect(await found('teremin leson')).toEqual([right])
    const person = await named('Wilhelmina Oberländer', 'mina')
    expect(await found('wilhelmna oberlender')).toEqual([person])
    await join(digis, ['Wilhelmine'])
    expect(await found('wilhelmina')).toEqual([person])
  })

  test('takes no word for a misspelt one after a minus', async () => {
    const [id] = await join(digis, ['Marimba and vibraphone'])
    expect(await found('marimba -vibrafone')).toEqual([id])
    expect(await found('marimba -vibraphone')).toEqual([])
  })

  test('follows changes of names and bios, of who is a creator, and of who is there', async () => {
    const creator = await newCreator(digis, 'Ocarina')
    await digis.query("UPDATE users SET display_name = 'Glockenspiel' WHERE id = $1", [creator.id])
    expect(await found('glockenspiel ocarina')).toEqual([creator.id])
    await digis.updateUserProfile(creator.supabase_id, { bio: 'Zither' })
    expect(await found('ocarina')).toEqual([])
    await digis.updateUserProfile(creator.supabase_id, { is_creator: false })
    expect(await found('zither')).toEqual([])
    await digis.updateUserProfile(creator.supabase_id, { is_creator: true })
    expect(await found('zither')).toEqual([creator.id])
    await digis.query('DELETE FROM users WHERE id = $1', [creator.id])
    expect(await found('zither')).toEqual([])
  })

  test('finds no fan', async () => {
    const fan = await newFan(digis)
    await digis.updateUserProfile(fan.supabase_id, { bio: 'Bassoon' })
    expect(await found('bassoon')).toEqual([])
  })

  test.each([
    ['only stop words', 'the and or of'],
    ['one letter', 'q'],
    ['only accents', '\u0301\u0308´`'],
    ['nothing but signs', '"-\'%_\\:*&|!<->()'],
    ['wildcards', '%a%_\\'],
    ['quotes that never end', '"a "b "'],
    ['minuses', '- -- --- -'],
    ['500 letters', 'x'.repeat(500)],
    ['250 words', 'a '.repeat(249)],
    ['125 misspelt words', 'abd '.repeat(125)],
    ['emoji', '😀 👩‍👩‍👧‍👦 🇵🇹'],
    ['right to left', 'שָׁלוֹם مرحبا ‮abc'],
    ['SQL', "'; DROP TABLE creator_documents; --"],
    ['the syntax of tsquery', "'a' & !('b':* | 'c') <2> d:AB"],
  ])('for %s neither fails nor finds what is not there', async (_, term) => {
    expect((await digis.searchCreators(term)).rows.map(row => row.bio)).toEqual([])
    expect((await digis.searchCreatorsPage(term)).next).toBeNull()
  })

  test('finds words of every script', async () => {
    const bios = ['שיעורי פסנתר', 'دروس البيانو', 'Уроки фортепиано', 'ピアノ レッスン', 'Μαθήματα πιάνου']
    const ids = await join(digis, bios)
    for (const [index, term] of ['פסנתר', 'البيانو', 'фортепиано', 'ピアノ', 'πιανου'].entries())
      expect(await found(term)).toEqual([ids[index]])
  })
})

/** What the old search found, where it found a whole word: between signs, blanks and the ends. */
function hasWord(bio: string, term: string): boolean {
  const letter = '[a-z0-9_\\u0080-\\u{10ffff}]'
  return new RegExp(`(?<!${letter})${term}(?!${letter})`, 'u').test(bio.toLowerCase())
}

const WORD = fc.oneof(
  fc.constantFrom(
    'or',
    'the',
    'salsa',
    'Salsa',
    'dancing',
    'C',
    '3d',
    '1e5',
    '007',
    'résumé',
    'Straße',
    'пиано',
    'x1',
  ),
  fc.stringMatching(/^[a-zA-Z0-9éßøñ]{1,8}$/),
  fc.string({ unit: 'grapheme', maxLength: 4 }).map(text => text.replaceAll('\0', '')),
)
const GAP = fc.constantFrom(
  ' ',
  '.',
  ', ',
  '/',
  '-',
  ' - ',
  '"',
  '@',
  ':',
  '\n',
  '(',
  "'",
  '://',
  '&',
  '<b>',
  '\\',
  '|',
  '%',
)
const BIO = fc.array(fc.tuple(WORD, GAP), { minLength: 1, maxLength: 12 }).map(parts => parts.flat().join(''))

test('a word as a whole finds every bio in which the old substring search found it', async () => {
  const other = await newDigis()
  await fc.assert(
    fc.asyncProperty(fc.array(BIO, { minLength: 12, maxLength: 12 }), async bios => {
      const ids = await join(other, bios)
      const words = new Set(bios.flatMap(bio => bio.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []))
      for (const word of [...words].slice(0, 12)) {
        const expected = ids.filter((_, index) => hasWord(bios[index] ?? '', word))
        expect({ word, ids: await found(word, other) }).toEqual({
          word,
          ids: expect.arrayContaining(expected),
        })
      }
      await other.query('DELETE FROM users')
    }),
    { numRuns: 12 },
  )
})

test('of many matches, those in names come first, and pages of either kind show each once', async () => {
  const other = await newDigis()
  await join(
    other,
    Array.from({ length: 205 }, () => 'Tea'),
  )
  await other.query("UPDATE users SET display_name = 'Tea Lady' WHERE id % 50 = 0")
  const whole = await found('tea', other)
  const ids = Array.from({ length: 205 }, (_, index) => 205 - index)
  expect(whole).toEqual([...ids.filter(id => id % 50 === 0), ...ids.filter(id => id % 50 !== 0)])
  expect(await walk(other, 'tea', 41)).toEqual(whole)
  await other.query("UPDATE users SET display_name = 'Tea Lady' WHERE id <= 202")
  expect(await walk(other, 'tea', 101)).toEqual(await found('tea', other))
  const numbered = [0, 100, 200].map(offset => other.searchCreators('tea', 100, offset))
  const pages = (await Promise.all(numbered)).flatMap(page => page.rows.map(row => row.id))
  expect(pages).toEqual(await found('tea', other))
})

test('pages of few matches and of what was meant show each once', async () => {
  await join(digis, ['harmonica', 'harmonika', 'harmonica harmonica', 'harmonicas', 'harp'])
  for (const term of ['harmonica', 'harmonika', 'harmonixa']) {
    const whole = await found(term)
    expect(whole.length).toBeGreaterThan(2)
    expect(await walk(digis, term, 1)).toEqual(whole)
  }
})

test('what the advice says about creators who are missing helps', async () => {
  const other = await newDigis()
  const ids = await join(other, ['Sitar', 'Tabla'])
  await other.query('DELETE FROM creator_documents')
  const [advice = ''] = (await other.searchHealth()).advice
  await other.query(advice.slice(advice.indexOf('SELECT')))
  expect([await found('sitar or tabla', other), (await other.searchHealth()).advice]).toEqual([
    ids.reverse(),
    [],
  ])
})

test('creators who were there before the search become part of it, also one who changes meanwhile', async () => {
  const other = await newDigis()
  const [first, second] = await join(other, ['Lute', 'Lyre'])
  await other.query('DELETE FROM creator_documents')
  expect(await other.searchHealth()).toMatchObject({
    missingCreators: 2,
    advice: [expect.stringMatching(/index_creators/)],
  })
  const file = await readFile(new URL('../migrations/0051_search_fill.sql', import.meta.url), 'utf8')
  const client = await other.getClient()
  await client.query('BEGIN')
  await client.query("UPDATE users SET bio = 'Lyra' WHERE id = $1", [second])
  const filled = other.query(file)
  await expect.poll(() => found('lute', other)).toEqual([first])
  await client.query('COMMIT')
  client.release()
  await filled
  expect([await found('lyra', other), await found('lyre -lyra', other)]).toEqual([[second], []])
  expect(await other.searchHealth()).toEqual({ typoTolerance: true, missingCreators: 0, advice: [] })
})

test('without pg_trgm it finds words as typed, says so, and learns the rest when the extension comes', async () => {
  const { url } = await temporaryDatabase()
  const owner = createDigis({ connectionString: url, max: 2 })
  const role = `plain_${process.hrtime.bigint()}`
  onTestFinished(async () => {
    await owner.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await owner.end()
  })
  await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain'; CREATE SCHEMA holdfast AUTHORIZATION ${role};
    GRANT ALL ON SCHEMA public TO ${role}`)
  const login = new URL(url)
  Object.assign(login, { username: role, password: 'plain' })
  const plain = createDigis({ connectionString: login.href })
  onTestFinished(() => plain.end())
  await plain.addMissingColumns()
  const [id] = await join(plain, ['Bandoneon'])
  expect([await found('bandoneón', plain), await found('bandonion', plain)]).toEqual([[id], []])
  expect(await plain.searchHealth()).toEqual({
    typoTolerance: false,
    missingCreators: 0,
    advice: [expect.stringMatching(/pg_trgm.*enable_typo_tolerance/)],
  })
  expect(only(await owner.query('SELECT enable_typo_tolerance() AS done'))).toEqual({ done: true })
  expect([await found('bandonion', plain), (await plain.searchHealth()).advice]).toEqual([[id], []])
})
