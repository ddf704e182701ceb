import fc from 'fast-check'
import pg from 'pg'
import { forPsql, makeCase, type Step, type Tapes, type Write } from './case.js'
import type { MakePool } from './pools.js'
import { emptyTally, type Finding, runCase, type Tally, Violation } from './run-case.js'

/** Where and how long to search. */
export interface SearchOptions {
  /** A database that belongs to the search: everything in its schema `public` is dropped. */
  readonly url: string
  readonly makePool: MakePool
  /** The same seed makes the same cases. */
  readonly seed: number
  /** How many databases are made. Default: as many as fit into `millis`. */
  readonly cases?: number
  /** Whether to look for a smaller case once one is found. Default: true. */
  readonly shrink?: boolean
  /** When to stop, milliseconds. Default: never. */
  readonly millis?: number
  /** Told after each case. */
  readonly onCase?: (tally: Readonly<Tally>) => void
}

/** What a search found. */
export interface SearchResult {
  readonly seed: number
  /** Until the end, or until the cache was wrong. */
  readonly tally: Readonly<Tally>
  /** The smallest case found in which the cache was wrong. */
  readonly violation: { readonly finding: Finding; readonly sql: string } | undefined
}

/** How long a smaller case is looked for. */
const SHRINKING_MS = 180_000

/** Numbers of a tape are drawn evenly: any of them may decide anything. */
const tape = (length: number) => fc.array(fc.nat({ max: 0xffff }), { maxLength: length, size: 'max' })

/** Nearly all tapes are as long as they may be: a short one makes simple things only. */
const tapes = (least: number, most: number, length: number) =>
  fc.array(tape(length), { minLength: least, maxLength: most, size: 'max' })

/** Everything that a search tries; fewer and shorter tapes are tried when one has been found. */
const CASES: fc.Arbitrary<Tapes> = fc.noBias(
  fc.record({
    tables: tapes(1, 4, 60),
    rows: tapes(0, 6, 120),
    programs: tapes(0, 8, 100),
    queries: tapes(1, 50, 160),
    writes: tapes(1, 40, 140),
  }),
)

/** Searches for a case in which the cache gives what the database would not give. */
export async function searchViolation(options: SearchOptions): Promise<SearchResult> {
  const { url, makePool, seed, cases = Number.MAX_SAFE_INTEGER, millis, shrink = true, onCase } = options
  const direct = new pg.Client({ connectionString: url })
  await direct.connect()
  try {
    const version = await prepare(direct)
    const tally = emptyTally()
    const run = (made: Tapes, counted: Tally) =>
      runCase(makeCase(made, version), { url, direct, makePool, tally: counted })
    const searching = fc.asyncProperty(CASES, async made => {
      await run(made, tally)
      onCase?.(tally)
    })
    const found = await fc.check(searching, { seed, numRuns: cases, endOnFailure: true, ...within(millis) })
    const { counterexamplePath: path } = found
    const shrinking = fc.asyncProperty(CASES, made => run(made, emptyTally()))
    const smallest =
      path === null || !shrink ? found : await fc.check(shrinking, { seed, path, ...within(SHRINKING_MS) })
    return { seed, tally, violation: violationOf(smallest.errorInstance ?? found.errorInstance, seed) }
  } finally {
    await direct.end()
  }
}

function within(millis: number | undefined): { interruptAfterTimeLimit?: number } {
  return millis === undefined ? {} : { interruptAfterTimeLimit: millis }
}

/** @throws what ended the search and is no violation */
function violationOf(error: unknown, seed: number): SearchResult['violation'] {
  if (error === undefined || error === null) return undefined
  if (!(error instanceof Violation)) throw error
  return { finding: error.finding, sql: asSql(error.finding, seed) }
}

/** No statement runs for long, also when a trigger goes around in circles. Returns the server's version. */
async function prepare(direct: pg.Client): Promise<number> {
  const { rows } = await direct.query(
    `SELECT current_database() AS name, current_setting('server_version_num')::int AS version`,
  )
  const [{ name, version }] = rows as [{ name: string; version: number }]
  const database = direct.escapeIdentifier(name)
  await direct.query(`ALTER DATABASE ${database} SET statement_timeout = '5s'`)
  // Compiling takes longer than running what is asked here.
  await direct.query(`ALTER DATABASE ${database} SET jit = off`)
  await direct.query(`ALTER DATABASE ${database} SET client_min_messages = 'error'`)
  await direct.query(`SET client_min_messages = 'error'; SET statement_timeout = '5s'; SET jit = off`)
  return version
}

/** Rows of a result that are printed. */
const MOST_LINES = 20

/** What was found, to be pasted into psql. */
function asSql(finding: Finding, seed: number): string {
  const { definitions, writes, query, expected, found, kind, tags } = finding
  const said = (text: string) =>
    text
      .split('\n')
      .slice(0, MOST_LINES)
      .map(line => `--   ${line}`)
  return [
    `-- Seed ${seed}: the result was ${kind}.`,
    ...definitions.map(text => `${text};`),
    forPsql(query),
    ...writes.flatMap(writeForPsql),
    forPsql(query),
    '-- The cache said:',
    ...said(found),
    '-- The database says:',
    ...said(expected),
    `-- It depends on: ${tags.join(', ')}`,
  ].join('\n')
}

/** A write as a person would do it; how it was really sent stands in a comment. */
function writeForPsql({ way, steps, undone }: Write): string[] {
  const inner = steps.flatMap(step => stepForPsql(step, 1))
  const isBlock = way === 'transaction' || way === 'client'
  const lines = isBlock ? ['BEGIN;', ...inner, undone ? 'ROLLBACK;' : 'COMMIT;'] : inner
  return [`-- ${way}:`, ...lines]
}

function stepForPsql(step: Step, depth: number): string[] {
  if ('text' in step) return [forPsql(step)]
  const inner = step.steps.flatMap(each => stepForPsql(each, depth + 1))
  const end = step.undone ? 'ROLLBACK TO' : 'RELEASE'
  return [`SAVEPOINT s${depth};`, ...inner, `${end} s${depth};`]
}
