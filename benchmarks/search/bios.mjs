/** Parts of the package that it does not offer to applications. */
const DEMO = new URL('.', import.meta.resolve('@holdfast/digis/demo'))
const { creatorBio } = await import(`${DEMO}bio-grammar.js`)
const { SeededRandom } = await import(`${DEMO}seeded-random.js`)

/** @typedef {{ next(): number, between(least: number, most: number): number, pick<T>(list: readonly [T, ...T[]]): T, uuid(): string }} Random */

/** Bios, names and search terms: what the demo says of creators, and words as rare and as common as in real texts. */

const STARTS = /** @type {[string, ...string[]]} */ ('b br c ch d f g h j k l m n p r s st t tr v'.split(' '))
const VOWELS = /** @type {[string, ...string[]]} */ ('a e i o u é ia ou'.split(' '))
const ENDS = /** @type {[string, ...string[]]} */ (['', 'n', 'r', 's', 'l', 't', 'm', 'nd'])
/** Different words, of which the first few are in every other bio and the last ones in a few. */
const WORDS = 20_000
const FIRST_NAMES = 2_000
const WORDS_OF_A_BIO = 8

/** @typedef {{ id: string, bio: string, displayName: string, username: string }} Creator */

/** @param {number} count @param {number} seed @returns {Creator[]} */
export function makeCreators(count, seed) {
  const random = new SeededRandom(seed)
  const words = Array.from({ length: WORDS }, () => makeWord(random))
  return Array.from({ length: count }, (_, index) => makeCreator(index, words, random))
}

/** @param {number} index @param {string[]} words @param {Random} random @returns {Creator} */
function makeCreator(index, words, random) {
  const [first, last] = [zipf(words, FIRST_NAMES, random), zipf(words, WORDS, random)]
  const others = Array.from({ length: WORDS_OF_A_BIO }, () => zipf(words, WORDS, random)).join(' ')
  return {
    id: random.uuid(),
    bio: `${creatorBio(random)} ${capital(others)}.`,
    displayName: `${capital(first)} ${capital(last)}`,
    username: `${first.normalize('NFD').replace(/[^a-z]/g, '')}.${index}`,
  }
}

/** The n-th word is n times rarer than the first one. @param {string[]} words @param {number} of @param {Random} random */
function zipf(words, of, random) {
  return words[Math.floor(of ** random.next()) - 1] ?? ''
}

/** @param {Random} random */
function makeWord(random) {
  const syllable = () => random.pick(STARTS) + random.pick(VOWELS) + random.pick(ENDS)
  return Array.from({ length: random.between(2, 4) }, syllable).join('')
}

/** @param {string} word */
function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1)
}

/**
 * What people type: words of bios, as common as they are there; two of one bio; the beginning of one; a name; one with a
 * letter left out.
 *
 * @param {Creator[]} creators
 * @param {number} seed
 * @returns {() => { kind: string, term: string }}
 */
export function makeTerms(creators, seed) {
  const random = new SeededRandom(seed)
  const [none] = creators
  if (none === undefined) throw new Error('Expected creators to search for, given none.')
  const list = /** @type {[Creator, ...Creator[]]} */ (creators)
  const wordsOf = () =>
    /** @type {[string, ...string[]]} */ (random.pick(list).bio.match(/\p{L}{4,}/gu) ?? ['salsa'])
  const kinds = /** @type {[[string, () => string], ...[string, () => string][]]} */ ([
    ['a word', () => random.pick(wordsOf())],
    ['two words', () => twoOf(wordsOf(), random)],
    ['a beginning', () => random.pick(wordsOf()).slice(0, 3)],
    ['a name', () => random.pick(list).displayName],
    ['a first name', () => random.pick(list).displayName.split(' ')[0] ?? ''],
    ['a misspelt word', () => misspelt(random.pick(wordsOf()), random)],
  ])
  return () => {
    const [kind, make] = random.pick(kinds)
    return { kind, term: make() }
  }
}

/** @param {[string, ...string[]]} words @param {Random} random */
function twoOf(words, random) {
  return `${random.pick(words)} ${random.pick(words)}`
}

/** @param {string} word @param {Random} random */
function misspelt(word, random) {
  const place = random.between(1, word.length - 2)
  return word.slice(0, place) + word.slice(place + 1)
}
