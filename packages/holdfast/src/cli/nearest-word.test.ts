import { expect, test } from 'vitest'
import { nearestWord } from './nearest-word.js'

const words = ['status', 'plan', 'up', 'verify', 'repair', 'baseline']

test.each([
  ['staus', 'status'],
  ['STATUS', 'status'],
  ['sttaus', 'status'],
  ['verfiy', 'verify'],
  ['base', 'baseline'],
  ['pu', 'up'],
])('"%s" was probably meant as "%s"', (given, meant) => {
  expect(nearestWord(given, words)).toBe(meant)
})

test.each(['', 'x', 'completely else', '\0', '🦉'.repeat(5_000)])(
  'nothing is near to something else',
  given => {
    expect(nearestWord(given, words)).toBeUndefined()
  },
)
