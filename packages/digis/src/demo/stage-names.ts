import type { SeededRandom } from './seeded-random.js'

/** What a creator is called. */
export interface StageName {
  readonly displayName: string
  readonly username: string
}

type Words = readonly [string, ...string[]]

const COLOURS: Words = [
  'Amber',
  'Azure',
  'Coral',
  'Crimson',
  'Golden',
  'Indigo',
  'Ivory',
  'Jade',
  'Olive',
  'Russet',
  'Scarlet',
  'Silver',
]
const BIRDS: Words = [
  'Avocet',
  'Bunting',
  'Dunlin',
  'Godwit',
  'Heron',
  'Kestrel',
  'Lapwing',
  'Linnet',
  'Osprey',
  'Petrel',
  'Plover',
  'Wagtail',
]

/**
 * A name that nobody is born with, so that it is no real person's. Display names may be the same; the key makes the
 * username one of its own.
 */
export function stageName(id: number, random: SeededRandom): StageName {
  const [colour, bird] = [random.pick(COLOURS), random.pick(BIRDS)]
  return { displayName: `${colour} ${bird}`, username: `${colour}.${bird}.${id}`.toLowerCase() }
}
