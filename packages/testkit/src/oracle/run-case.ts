import type pg from 'pg'
import type { Case, Statement, Write } from './case.js'
import type { CachedResult, CachingPool, MakePool } from './pools.js'
import { isAnswer, runWrite } from './run-write.js'

/** Longer results are not asked for again: they cost time, and a cache may refuse them. */
const MOST_ROWS = 200

/** What is counted. */
const COUNTED = [
  // Databases that were made.
  'cases',
  // Queries that were asked again after a write, each with its write.
  'pairs',
  // Pairs in which the write changed the result.
  'affected',
  // Pairs with the same result as before, of queries that are cached.
  'unaffected',
  // Those of them that were still answered from the cache.
  'kept',
  // Queries, those that are cached, and those that the server refused.
  'queries',
  'cachedQueries',
  'refusedQueries',
  // Writes, and those that the server refused or that were rolled back on purpose.
  'writes',
  'refusedWrites',
  // Definitions and rows, and those that the server refused.
  'definitions',
  'refusedDefinitions',
] as const

/** Counts since a search began. */
export type Tally = Record<(typeof COUNTED)[number], number>

/** A count of nothing yet. */
export function emptyTally(): Tally {
  return Object.fromEntries(COUNTED.map(name => [name, 0])) as Tally
}

/** What went wrong with a query, after some writes. */
export interface Finding {
  /**
   * `stale`: a hit that is not what the database says. `not kept`: what was just read was not kept. `kept differently`:
   * a hit that is not what was just read.
   */
  readonly kind: 'stale' | 'not kept' | 'kept differently'
  /** What the server took of them. */
  readonly definitions: readonly string[]
  /** All writes so far: the last one is to blame. */
  readonly writes: readonly Write[]
  readonly query: Statement
  /** The rows as the database has them, one a line, sorted. */
  readonly expected: string
  /** The rows that the cache gave. */
  readonly found: string
  /** What the pool says that the query depends on. */
  readonly tags: readonly string[]
}

/** The cache gave what the database would not have given. */
export class Violation extends Error {
  readonly finding: Finding

  constructor(finding: Finding) {
    super(`The cache was wrong: ${finding.kind}`)
    this.finding = finding
  }
}

/** What cases are run with. */
export interface Arena {
  readonly url: string
  /** A plain connection to the same database. */
  readonly direct: pg.Client
  readonly makePool: MakePool
  readonly tally: Tally
}

/** A query, and what is known of its result. */
interface Asked {
  readonly query: Statement
  /** The latest one, or what the server said instead. */
  result: string
}

/**
 * Makes the database of a case, and has a pool answer its queries again after each of its writes.
 *
 * @throws Violation
 */
export async function runCase(made: Case, arena: Arena): Promise<void> {
  const definitions = await define(made, arena)
  const pool = arena.makePool(arena.url, made.tables)
  try {
    arena.tally.cases++
    await new Round(pool, arena, definitions).run(made)
  } finally {
    await pool.end()
  }
}

/** Makes the database anew; returns the definitions that the server took. */
async function define({ definitions }: Case, { direct, tally }: Arena): Promise<string[]> {
  await direct.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  const taken: string[] = []
  for (const text of definitions) {
    tally.definitions++
    await direct.query(text).then(
      () => taken.push(text),
      () => tally.refusedDefinitions++,
    )
  }
  return taken
}

/** The queries and writes of one case. */
class Round {
  readonly #pool: CachingPool
  readonly #arena: Arena
  readonly #definitions: readonly string[]
  readonly #done: Write[] = []
  /** The latest question on the plain connection, which takes one at a time. */
  #direct: Promise<unknown> = Promise.resolve()

  constructor(pool: CachingPool, arena: Arena, definitions: readonly string[]) {
    this.#pool = pool
    this.#arena = arena
    this.#definitions = definitions
  }

  async run({ queries, writes }: Case): Promise<void> {
    const { tally } = this.#arena
    const first = await Promise.all(queries.map(query => this.#first(query)))
    const asked = first.filter(each => each !== undefined)
    for (const write of writes) {
      this.#done.push(write)
      tally.writes++
      if (!(await runWrite(this.#pool, write))) tally.refusedWrites++
      await Promise.all(asked.map(each => this.#again(each)))
    }
  }

  /** Asks for the first time; a query that the server refuses is not asked again. */
  async #first(query: Statement): Promise<Asked | undefined> {
    const { tally } = this.#arena
    tally.queries++
    try {
      const answer = await this.#ask(query)
      if (answer.rows.length > MOST_ROWS) return undefined
      const result = contents(answer)
      if (answer.cache?.status !== 'bypass') tally.cachedQueries++
      await this.#expectKept(query, answer)
      return { query, result }
    } catch (error) {
      if (!isAnswer(error)) throw error
      tally.refusedQueries++
      return undefined
    }
  }

  /** Asks again after a write. What comes from the cache is compared with what the database says. */
  async #again(asked: Asked): Promise<void> {
    const { tally } = this.#arena
    const { query, result: before } = asked
    const answer = await this.#ask(query).catch(failure)
    tally.pairs++
    const found = typeof answer === 'string' ? answer : contents(answer)
    const status = typeof answer === 'string' ? 'bypass' : answer.cache?.status
    if (status === 'hit') await this.#compare(query, found)
    if (found !== before) tally.affected++
    else if (status !== 'bypass') {
      tally.unaffected++
      if (status === 'hit') tally.kept++
    }
    asked.result = found
    if (typeof answer !== 'string') await this.#expectKept(query, answer)
  }

  /** Asks the database itself about what came from the cache. */
  async #compare(query: Statement, found: string): Promise<void> {
    const ask = () => this.#arena.direct.query(plainly(query)).catch(failure)
    const asking = this.#direct.then(ask)
    this.#direct = asking.catch(() => undefined)
    const answer = await asking
    const expected = typeof answer === 'string' ? answer : contents(answer)
    if (expected !== found) throw await this.#violation('stale', query, { expected, found })
  }

  /** What was read from the database and kept answers the next call. */
  async #expectKept(query: Statement, answer: CachedResult): Promise<void> {
    if (answer.cache?.status !== 'miss' || answer.rows.length > MOST_ROWS) return
    const second = await this.#ask(query)
    const [expected, found] = [contents(answer), contents(second)]
    if (second.cache?.status !== 'hit') throw await this.#violation('not kept', query, { expected, found })
    if (expected !== found) throw await this.#violation('kept differently', query, { expected, found })
  }

  /** Asks through the cache. */
  async #ask(query: Statement): Promise<CachedResult> {
    return (await this.#pool.query(plainly(query))) as CachedResult
  }

  async #violation(
    kind: Finding['kind'],
    query: Statement,
    results: { expected: string; found: string },
  ): Promise<Violation> {
    const { tags, dependsOn } = await this.#pool.cache.explain(query.text, [...query.values])
    return new Violation({
      kind,
      query,
      ...results,
      definitions: this.#definitions,
      writes: [...this.#done],
      tags: [...tags, ...dependsOn],
    })
  }
}

function plainly(statement: Statement): Statement & { values: unknown[] } {
  return { ...statement, values: [...statement.values] }
}

/** The rows in an order that does not depend on how the server found them. */
function contents({ rows }: { readonly rows: readonly unknown[] }): string {
  return rows
    .map(row => JSON.stringify(row))
    .sort()
    .join('\n')
}

/** What the server said instead of a result. */
function failure(error: unknown): string {
  if (!isAnswer(error)) throw error
  return `error ${(error as { code: string }).code}`
}
