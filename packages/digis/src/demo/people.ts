import { creatorBio, fanBio } from './bio-grammar.js'
import type { DemoSize } from './demo-size.js'
import { DEMO_TOKENS, demoCreator, demoFan } from './identities.js'
import type { SeededRandom } from './seeded-random.js'

/** A user of the demo. */
export interface Person {
  readonly id: number
  readonly supabaseId: string
  readonly isCreator: boolean
  readonly bio: string
  readonly picture: string
  readonly pricePerMinute: string
  /** Before the seeding, in seconds. */
  readonly joinedAgo: number
  /** `undefined`: no account. */
  readonly tokens: number | undefined
}

const DAY = 86_400

const KNOWN = new Map([demoCreator, demoFan].map(person => [person.id, person.supabase_id]))

/** The users, by id and therefore by the time they joined; every so many of them is a creator. */
export function makePeople({ users, creators }: Required<DemoSize>, random: SeededRandom): Person[] {
  const step = Math.floor(users / creators)
  return Array.from({ length: users }, (_, index) => {
    const isCreator = index % step === 0 && index / step < creators
    return makePerson(
      index + 1,
      { isCreator, joinedAgo: Math.round((400 - (300 * index) / users) * DAY) },
      random,
    )
  })
}

function makePerson(
  id: number,
  known: Pick<Person, 'isCreator' | 'joinedAgo'>,
  random: SeededRandom,
): Person {
  const { isCreator } = known
  return {
    ...known,
    id,
    supabaseId: KNOWN.get(id) ?? random.uuid(),
    bio: id === demoCreator.id ? DEMO_BIO : isCreator ? creatorBio(random) : fanBio(random),
    picture: isCreator || random.chance(0.3) ? `https://cdn.example.com/people/${id}.jpg` : '',
    pricePerMinute: isCreator ? (random.between(2, 40) / 4).toFixed(2) : '1.00',
    tokens: id === demoFan.id ? DEMO_TOKENS : random.chance(0.9) ? random.between(0, 5_000) : undefined,
  }
}

const DEMO_BIO =
  'Salsa teacher in Lisbon, 12 years on stage. Ask me about your first steps and musicality. We laugh a lot.'
