import type { Pool } from 'holdfast'
import { DigisError } from '../digis-error.js'
import { checkSize, type DemoSize } from './demo-size.js'
import { type Encounter, makeEncounters } from './encounters.js'
import { makePeople } from './people.js'
import {
  BEGIN_HISTORY,
  END_HISTORY,
  FILL_STATISTICS,
  GATHER_STATISTICS,
  insertBalances,
  insertPayments,
  insertPeople,
  insertSessions,
  LOCK_USERS,
  OPEN_EARNINGS,
  RESTART_KEYS,
  selectState,
} from './seed-queries.js'
import { SeededRandom } from './seeded-random.js'

/** What {@link seedDemo} is doing. */
export interface SeedProgress {
  readonly table: 'users' | 'token_accounts' | 'sessions' | 'payments'
  /** Rows of the table so far. */
  readonly rows: number
}

/** The size of the data set, and who wants to know how far it is. */
export interface SeedOptions extends DemoSize {
  readonly onProgress?: (progress: SeedProgress) => void
}

/** What {@link seedDemo} did. */
export interface SeedResult {
  /** `false`: the demo was there already. */
  readonly seeded: boolean
}

type Run = (statement: string | { text: string; values: unknown[] }) => Promise<{ rowCount: number | null }>

const BATCH = 10_000

/**
 * Fills an empty DIGIS schema with the demo's people, sessions, payments and balances: all or nothing, the same for
 * the same seed, and at once when the demo is there already. No person in it is real.
 *
 * @throws DigisError `DIGIS_NOT_EMPTY` when there are users, but not the demo's; DigisInputError for a size that
 * cannot be had
 */
export async function seedDemo(pool: Pool, options: SeedOptions = {}): Promise<SeedResult> {
  const size = checkSize(options)
  const onProgress = options.onProgress ?? (() => {})
  return pool.transaction(async tx => {
    await tx.query(LOCK_USERS)
    const { rows } = await tx.query(selectState())
    if (rows[0]?.seeded) return { seeded: false }
    if (rows[0]?.has_users) throw notEmpty()
    await fill(statement => tx.query(statement), size, onProgress)
    return { seeded: true }
  })
}

async function fill(
  run: Run,
  size: Required<DemoSize>,
  onProgress: (p: SeedProgress) => void,
): Promise<void> {
  const random = new SeededRandom(size.seed)
  const people = makePeople(size, random)
  for (const [, batch] of batches(people)) await run(insertPeople(batch))
  onProgress({ table: 'users', rows: people.length })
  const { rowCount } = await run(insertBalances(people))
  onProgress({ table: 'token_accounts', rows: rowCount ?? 0 })
  await run(BEGIN_HISTORY)
  await fillEncounters(run, makeEncounters(people, size, random), onProgress)
  await run(END_HISTORY)
  await run(OPEN_EARNINGS)
  await run(FILL_STATISTICS)
  await run(RESTART_KEYS)
  await run(GATHER_STATISTICS)
}

async function fillEncounters(
  run: Run,
  encounters: readonly Encounter[],
  onProgress: (progress: SeedProgress) => void,
): Promise<void> {
  let payments = 0
  for (const [first, batch] of batches(encounters)) {
    await run(insertSessions(batch, first))
    payments += (await run(insertPayments(batch, first))).rowCount ?? 0
    onProgress({ table: 'sessions', rows: first - 1 + batch.length })
    onProgress({ table: 'payments', rows: payments })
  }
}

/** Parts of a list, each with the number of its first element from 1. */
function* batches<T>(list: readonly T[]): Generator<[first: number, batch: readonly T[]]> {
  for (let start = 0; start < list.length; start += BATCH) yield [start + 1, list.slice(start, start + BATCH)]
}

function notEmpty(): DigisError {
  const message = 'The demo needs an empty database, and this one has users. Nothing was changed.'
  return new DigisError('DIGIS_NOT_EMPTY', 'configuration', message)
}
