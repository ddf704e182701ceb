import { creatorBio, fanBio } from './bio-grammar.js'
import type { DemoSize } from './demo-size.js'
import { DEMO_TOKENS, demoCreator, demoFan } from './identities.js'
import { SeededRandom } from './seeded-random.js'
import { type StageName, stageName } from './stage-names.js'

/** A user of the demo. */
export interface Person {
  readonly id: number
  readonly supabaseId: string
  readonly isCreator: boolean
  readonly bio: string
  readonly picture: string
  readonly pricePerMinute: string
  /** `undefined`: none. */
  readonly name: StageName | undefined
  /** Before the seeding, in seconds. */
  readonly joinedAgo: number
  /** `undefined`: no account. */
  readonly tokens: number | undefined
}

const DAY = 86_400

const KNOWN = new Map([demoCreator, demoFan].map(person => [person.id, person.supabase_id]))

/** The users, by id and therefore by the time they joined; every so many of them is a creator. */
export function makePeople({ users, creators, seed }: Required<DemoSize>, random: SeededRandom): Person[] {
  const step = Math.floor(users / creators)
  // A sequence of their own, so that nothing else of the demo depends on how people are called.
  const naming = new SeededRandom(~seed)
  return Array.from({ length: users }, (_, index) => {
    const isCreator = index % step === 0 && index / step < creators
    const id = index + 1
    const name = isCreator ? stageName(id, naming) : undefined
    const joinedAgo = Math.round((400 - (300 * index) / users) * DAY)
    return makePerson(id, { isCreator, name, joinedAgo }, random)
  })
}

function makePerson(
  id: number,
  known: Pick<Person, 'isCreator' | 'name' | 'joinedAgo'>,
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
