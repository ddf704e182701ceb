import { randomUUID } from 'node:crypto'
import type { Digis, Session, User } from '@holdfast/digis'
import { newCreator, newFan, only } from './new-digis.js'

/** Whom the calls of the contract are about, and somebody else. */
export interface World {
  readonly creator: User
  readonly fan: User
  /** Between the two. */
  readonly session: Session
  readonly otherCreator: User
  readonly otherFan: User
  readonly otherSession: Session
  /** A key that nobody has at first. */
  readonly expected: string
}

type Deed = (digis: Digis, world: World) => Promise<unknown>

/** A cached function of the contract, with what makes its result fresh and what leaves it as it is. */
export interface CachedCall {
  readonly name: string
  readonly call: Deed
  readonly changes: readonly string[]
  readonly unrelated: readonly string[]
}

export async function newWorld(digis: Digis): Promise<World> {
  const [creator, fan] = [await newCreator(digis, 'Salsa'), await newFan(digis)]
  const [otherCreator, otherFan] = [await newCreator(digis, 'Salsa and piano'), await newFan(digis)]
  return {
    ...{ creator, fan, otherCreator, otherFan, expected: randomUUID() },
    session: only(await digis.createSession(creator.id, fan.id)),
    otherSession: only(await digis.createSession(otherCreator.id, otherFan.id)),
  }
}

const profile = () => ({ bio: `Salsa ${randomUUID()}` })
const names = () => ({ display_name: 'Salsa Wagtail', username: `w${randomUUID().slice(0, 8)}` })

/** What can happen, by what it is called in the titles of tests. */
export const DEEDS: Readonly<Record<string, Deed>> = {
  'its creator changes': (digis, { creator }) => digis.updateUserProfile(creator.supabase_id, profile()),
  'its creator takes other names': (digis, { creator }) =>
    digis.updateUserProfile(creator.supabase_id, names()),
  'its fan takes other names': (digis, { fan }) => digis.updateUserProfile(fan.supabase_id, names()),
  'its fan changes': (digis, { fan }) => digis.updateUserProfile(fan.supabase_id, profile()),
  'another creator changes': (digis, { otherCreator }) =>
    digis.updateUserProfile(otherCreator.supabase_id, profile()),
  'another fan changes': (digis, { otherFan }) => digis.updateUserProfile(otherFan.supabase_id, profile()),
  'the expected user joins': (digis, { expected }) => digis.createUser(expected),
  'a fan joins': digis => digis.createUser(randomUUID(), false, 'Salsa'),
  'a creator joins': digis => digis.createUser(randomUUID(), true, 'Salsa'),
  'a fan becomes a creator': async digis => {
    const fan = await newFan(digis)
    await digis.updateUserProfile(fan.supabase_id, { is_creator: true, ...profile() })
  },
  'a creator becomes a fan': async digis => {
    const creator = await newCreator(digis, 'Salsa')
    await digis.getCreators()
    await digis.updateUserProfile(creator.supabase_id, { is_creator: false })
  },
  'a transaction changes its creator': (digis, { creator }) =>
    digis.transaction(tx => digis.with({ client: tx }).updateUserProfile(creator.supabase_id, profile())),
  'SQL of the application changes its creator': (digis, { creator }) =>
    digis.query('UPDATE users SET bio = $1 WHERE id = $2', [profile().bio, creator.id]),
  'a lent client changes its creator': async (digis, { creator }) => {
    const client = await digis.getClient()
    await client.query('UPDATE users SET bio = $1 WHERE id = $2', [profile().bio, creator.id])
    client.release()
  },
  'a transaction that changes its creator is rolled back': (digis, { creator }) =>
    digis
      .transaction(async tx => {
        await digis.with({ client: tx }).updateUserProfile(creator.supabase_id, profile())
        throw new Error('changed my mind')
      })
      .catch(() => undefined),
  'the two meet again': (digis, { creator, fan }) => digis.createSession(creator.id, fan.id),
  'its creator meets another fan': (digis, { creator, otherFan }) =>
    digis.createSession(creator.id, otherFan.id),
  'its fan meets another creator': (digis, { otherCreator, fan }) =>
    digis.createSession(otherCreator.id, fan.id),
  'others meet': (digis, { otherCreator, otherFan }) => digis.createSession(otherCreator.id, otherFan.id),
  'its session ends': async (digis, { session }) => {
    await digis.query('UPDATE sessions SET end_time = NULL WHERE id = $1', [session.id])
    await digis.endSession(session.id)
  },
  "another fan's session ends": (digis, { otherSession }) => digis.endSession(otherSession.id),
  'its session is paid for': (digis, { session }) => digis.createPayment(session.id, '25.00', 5),
  'others pay': (digis, { otherSession }) => digis.createPayment(otherSession.id, 3),
  'its fan gets tokens': (digis, { fan }) => digis.atomicTokenUpdate(fan.id, 10, 'add'),
}

const CREATOR_CHANGES = [
  'its creator changes',
  'its creator takes other names',
  'a creator joins',
  'a fan becomes a creator',
  'a creator becomes a fan',
]
const FANS_AND_DEALS = [
  'its fan changes',
  'its fan takes other names',
  'a fan joins',
  'the two meet again',
  'its session is paid for',
  'its fan gets tokens',
]
const ONE_USER = {
  changes: [
    'its creator changes',
    'its creator takes other names',
    'a transaction changes its creator',
    'SQL of the application changes its creator',
    'a lent client changes its creator',
  ],
  unrelated: [
    'another creator changes',
    'its fan changes',
    'a fan joins',
    'the two meet again',
    'its session is paid for',
  ],
}
const CREATORS = { changes: CREATOR_CHANGES, unrelated: FANS_AND_DEALS }
const SESSIONS = {
  changes: ['the two meet again', 'its session ends', 'its fan meets another creator'],
  unrelated: [
    'others meet',
    "another fan's session ends",
    'its creator meets another fan',
    'its fan changes',
    'its session is paid for',
  ],
}
const PAYMENTS = {
  changes: ['its session is paid for'],
  unrelated: ['others pay', 'its session ends', 'its fan changes', 'the two meet again'],
}

const today = () => new Date().toISOString().slice(0, 10)

/** Every cached function. */
export const CACHED_CALLS: readonly CachedCall[] = [
  {
    name: 'getUserBySupabaseId',
    call: (digis, { creator }) => digis.getUserBySupabaseId(creator.supabase_id),
    ...ONE_USER,
  },
  {
    name: 'getUserBySupabaseId of nobody',
    call: (digis, { expected }) => digis.getUserBySupabaseId(expected),
    changes: ['the expected user joins'],
    unrelated: ['a fan joins', 'its fan changes'],
  },
  { name: 'getUserById', call: (digis, { creator }) => digis.getUserById(creator.id), ...ONE_USER },
  { name: 'getCreators', call: digis => digis.getCreators(), ...CREATORS },
  { name: 'listCreators', call: digis => digis.listCreators({ limit: 100 }), ...CREATORS },
  { name: 'searchCreators', call: digis => digis.searchCreators('salsa', 100), ...CREATORS },
  {
    name: 'searchCreators of a misspelt word',
    call: digis => digis.searchCreators('salza', 100),
    ...CREATORS,
  },
  { name: 'searchCreators of all', call: digis => digis.searchCreators('', 100), ...CREATORS },
  {
    name: 'searchCreatorsPage',
    call: digis => digis.searchCreatorsPage('salsa', { limit: 100 }),
    ...CREATORS,
  },
  {
    name: 'getSessionById',
    call: (digis, { session }) => digis.getSessionById(session.id),
    changes: [
      'its session ends',
      'its creator changes',
      'its fan changes',
      'a transaction changes its creator',
    ],
    unrelated: [
      'another creator changes',
      'another fan changes',
      'a fan joins',
      'the two meet again',
      'its session is paid for',
    ],
  },
  { name: 'getUserSessions', call: (digis, { fan }) => digis.getUserSessions(fan.id), ...SESSIONS },
  { name: 'listUserSessions', call: (digis, { fan }) => digis.listUserSessions(fan.id), ...SESSIONS },
  { name: 'getActiveSessions', call: (digis, { fan }) => digis.getActiveSessions(fan.id), ...SESSIONS },
  { name: 'getPaymentHistory', call: (digis, { fan }) => digis.getPaymentHistory(fan.id), ...PAYMENTS },
  { name: 'listPayments', call: (digis, { fan }) => digis.listPayments(fan.id), ...PAYMENTS },
  {
    name: 'getCreatorEarnings',
    call: (digis, { creator }) => digis.getCreatorEarnings(creator.id),
    ...PAYMENTS,
  },
  {
    name: 'getCreatorDays',
    call: (digis, { creator }) => digis.getCreatorDays(creator.id, today(), today()),
    changes: ['its session is paid for', 'its session ends', 'the two meet again'],
    unrelated: ['its creator changes', 'its fan changes', 'a creator joins', 'its fan gets tokens'],
  },
]

/** Runs a call and says how many queries it sent to the database. */
export async function counting<T>(
  digis: Digis,
  call: () => Promise<T>,
): Promise<{ result: T; queries: number }> {
  const before = digis.queryMetrics.totalQueries
  const result = await call()
  return { result, queries: digis.queryMetrics.totalQueries - before }
}
