import { expect, test } from 'vitest'
import { creatorBio } from './bio-grammar.js'
import { SeededRandom } from './seeded-random.js'

const many = <T>(make: () => T): T[] => Array.from({ length: 2_000 }, make)

test('the same seed gives the same sequence, another seed another one', () => {
  const sequence = (seed: number) => {
    const random = new SeededRandom(seed)
    return many(() => random.next())
  }
  expect(sequence(1)).toEqual(sequence(1))
  expect(sequence(2)).not.toEqual(sequence(1))
})

test('numbers stay within their bounds and reach both of them', () => {
  const random = new SeededRandom(7)
  const drawn = new Set(many(() => random.between(3, 6)))
  expect([...drawn].sort()).toEqual([3, 4, 5, 6])
})

test('a probability is met roughly', () => {
  const random = new SeededRandom(7)
  const hits = many(() => random.chance(0.3)).filter(Boolean).length
  expect(hits).toBeGreaterThan(500)
  expect(hits).toBeLessThan(700)
})

test('UUIDs are version 4 and all different', () => {
  const random = new SeededRandom(7)
  const uuids = many(() => random.uuid())
  for (const uuid of uuids)
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(uuids).size).toBe(uuids.length)
})

test('bios are whole sentences of which hardly two are the same', () => {
  const random = new SeededRandom(7)
  const bios = many(() => creatorBio(random)).slice(0, 500)
  for (const bio of bios) expect(bio).toMatch(/^[A-Z].* years .*\. Ask me about .*\.$/)
  expect(new Set(bios).size).toBeGreaterThan(490)
})
