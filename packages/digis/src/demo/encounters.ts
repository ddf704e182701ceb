import type { SessionType } from '../sessions/session.js'
import type { DemoSize } from './demo-size.js'
import type { Person } from './people.js'
import type { SeededRandom } from './seeded-random.js'

/** A session of the demo and what was paid for it. */
export interface Encounter {
  readonly creatorId: number
  readonly fanId: number
  readonly type: SessionType
  /** Before the seeding, in seconds. */
  readonly startedAgo: number
  /** In seconds; `undefined`: it goes on. */
  readonly length: number | undefined
  /** Cents paid for the session and as a tip; `undefined`: not paid, or not yet. */
  readonly paid: { readonly amount: number; readonly tip: number } | undefined
}

const HOUR = 3_600
const DAY = 24 * HOUR

/** Of so many sessions one goes on. */
const ONE_GOES_ON_OF = 1_000

/**
 * The sessions of the last 90 days, oldest first. A few creators have many, most have few; the first creator and the
 * first fan are at it right now.
 */
export function makeEncounters(
  people: readonly Person[],
  size: Required<DemoSize>,
  random: SeededRandom,
): Encounter[] {
  const creators = people.filter(person => person.isCreator)
  const fans = people.filter(person => !person.isCreator)
  const active = Math.min(Math.ceil(size.sessions / ONE_GOES_ON_OF), creators.length, fans.length)
  const running = Array.from({ length: active }, (_, index) =>
    runningEncounter(at(creators, index), at(fans, index), { random, isNewest: index === 0 }),
  )
  const ended = Array.from({ length: size.sessions - active }, () => {
    const [popularity, eagerness] = [random.next(), random.next()]
    const creator = at(creators, creators.length * popularity ** 2)
    return endedEncounter(creator, at(fans, (fans.length * (eagerness + eagerness ** 2)) / 2), random)
  })
  return [...ended, ...running].sort((a, b) => b.startedAgo - a.startedAgo)
}

function runningEncounter(
  creator: Person,
  fan: Person,
  { random, isNewest }: { random: SeededRandom; isNewest: boolean },
): Encounter {
  const startedAgo = isNewest ? 60 : random.between(90, 40 * 60)
  return { ...between(creator, fan, random), startedAgo, length: undefined, paid: undefined }
}

function endedEncounter(creator: Person, fan: Person, random: SeededRandom): Encounter {
  // The product of two is more often short than long: 2 to 90 minutes.
  const length = Math.round((2 + 88 * random.next() * random.next()) * 60)
  const startedAgo = random.between(2 * HOUR, 90 * DAY)
  return {
    ...between(creator, fan, random),
    startedAgo,
    length,
    paid: random.chance(0.9) ? paid(creator, length, random) : undefined,
  }
}

function between(creator: Person, fan: Person, random: SeededRandom) {
  const type: SessionType = random.pick([
    'video',
    'video',
    'video',
    'video',
    'video',
    'video',
    'voice',
    'voice',
    'text',
  ])
  return { creatorId: creator.id, fanId: fan.id, type }
}

function paid(creator: Person, length: number, random: SeededRandom): Encounter['paid'] {
  const amount = Math.round(((Number(creator.pricePerMinute) * length) / 60) * 100)
  return { amount, tip: random.chance(0.3) ? random.between(1, 50) * 100 : 0 }
}

function at(people: readonly Person[], index: number): Person {
  const person = people[Math.min(Math.floor(index), people.length - 1)]
  if (person === undefined) throw new RangeError('The demo needs at least one creator and one fan.')
  return person
}
