import type { SeededRandom } from './seeded-random.js'

type Words = readonly [string, ...string[]]

/** What a creator does, and what a session with them is about. */
const TRADES: readonly [readonly [string, Words], ...(readonly [string, Words])[]] = [
  ['Salsa teacher', ['your first steps', 'musicality', 'partner work', 'a wedding dance']],
  ['Jazz pianist', ['voicings', 'reading lead sheets', 'improvising over standards', 'comping']],
  ['Yoga instructor', ['morning routines', 'back pain', 'breathing', 'inversions without fear']],
  ['Portrait photographer', ['light at home', 'posing', 'editing', 'a first portfolio']],
  ['Personal trainer', ['strength at home', 'running a first ten kilometres', 'mobility', 'meal plans']],
  ['Pastry chef', ['croissants', 'sourdough', 'layer cakes', 'chocolate work']],
  ['Language coach', ['job interviews', 'accent', 'small talk', 'grammar that sticks']],
  ['Watercolour painter', ['landscapes', 'urban sketching', 'colour mixing', 'loose florals']],
  ['Chess coach', ['openings', 'endgames', 'your own games', 'tactics']],
  ['Stand-up comedian', ['timing', 'writing a tight five', 'stage fright', 'crowd work']],
  ['Guitar teacher', ['fingerstyle', 'barre chords', 'songwriting', 'blues phrasing']],
  ['Make-up artist', ['everyday looks', 'bridal make-up', 'stage make-up', 'skin care first']],
  ['Astronomer', ['a first telescope', 'the winter sky', 'astrophotography', 'black holes, gently']],
  ['Gardener', ['balcony vegetables', 'pruning', 'compost', 'plants that forgive']],
]

const PLACES: Words = [
  'Lisbon',
  'Accra',
  'Montréal',
  'Kraków',
  'Medellín',
  'Osaka',
  'Leeds',
  'Porto',
  'Tallinn',
  'Cape Town',
]
const LANGUAGES: Words = [
  'English',
  'Spanish',
  'Portuguese',
  'French',
  'German',
  'Polish',
  'Japanese',
  'Italian',
]
const ROADS: Words = ['on stage', 'in class', 'with small groups', 'one to one', 'on the road']
const MANNERS: Words = [
  'Patient with beginners.',
  'No judgement, ever.',
  'Expect homework.',
  'We laugh a lot.',
  'Straight answers.',
]
const FAN_BIOS: Words = [
  'Here to learn.',
  'Night owl.',
  'Coffee first.',
  'Curious about everything.',
  'Dancing badly since forever.',
]

/** A bio such as a creator might write: different for almost every one, and worth a search. */
export function creatorBio(random: SeededRandom): string {
  const [trade, topics] = random.pick(TRADES)
  const [one, other] = [random.pick(topics), random.pick(topics)]
  const about = one === other ? one : `${one} and ${other}`
  const sentences = [
    `${trade} in ${random.pick(PLACES)}, ${random.between(2, 30)} years ${random.pick(ROADS)}.`,
    `Ask me about ${about}.`,
    random.chance(0.6) ? random.pick(MANNERS) : '',
    random.chance(0.7) ? languages(random) : '',
  ]
  return sentences.filter(sentence => sentence !== '').join(' ')
}

/** Most fans say nothing. */
export function fanBio(random: SeededRandom): string {
  return random.chance(0.15) ? random.pick(FAN_BIOS) : ''
}

function languages(random: SeededRandom): string {
  const [first, second] = [random.pick(LANGUAGES), random.pick(LANGUAGES)]
  return first === second ? `I speak ${first}.` : `I speak ${first} and ${second}.`
}
