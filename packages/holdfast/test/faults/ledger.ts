import type { SeededRandom } from '@holdfast/testkit'
import type { Pool } from 'holdfast'
import type pg from 'pg'

/** What its caller was told about a request. */
interface Told {
  readonly request: number
  /** Absent: it was acknowledged. */
  readonly error?: { readonly retry?: string; readonly code?: string }
}

/** How a request is made. */
type Way = (pool: Pool, request: number, idempotent: boolean) => Promise<unknown>

/** Each request leaves one row for each time it is applied: nothing but the pool keeps it from being two. */
export const LEDGER = 'CREATE TABLE ledger (request int NOT NULL, part int NOT NULL DEFAULT 1)'

const INSERT = 'INSERT INTO ledger (request) VALUES ($1)'

const WAYS: readonly Way[] = [
  (pool, request, idempotent) =>
    pool.query({ text: `INSERT INTO ledger (request) VALUES (${request})`, idempotent }),
  (pool, request, idempotent) => pool.query({ text: INSERT, values: [request], idempotent }),
  (pool, request, idempotent) => pool.query({ name: 'insert', text: INSERT, values: [request], idempotent }),
  (pool, request) => pool.transaction(tx => tx.query(INSERT, [request])),
  (pool, request) =>
    pool.transaction(
      async tx => {
        await tx.query('SELECT count(*) FROM ledger WHERE request = $1', [request])
        await tx.query(INSERT, [request])
        await tx.query(`INSERT INTO ledger VALUES (${request}, 2)`)
      },
      { replaySafe: true },
    ),
  (pool, request) =>
    pool.transaction(
      tx => tx.transaction(inner => inner.query(`INSERT INTO ledger (request) VALUES (${request})`)),
      { replaySafe: true },
    ),
]

/** Makes requests in every way there is, one after the other; some callers do so side by side. */
export class Requests {
  readonly #pool: Pool
  readonly #random: SeededRandom
  readonly #idempotent: boolean
  readonly #told: Told[] = []
  #next = 1

  /** @param idempotent a lie about the writes: with it the pool repeats them, which is what must be found out */
  constructor(pool: Pool, random: SeededRandom, { idempotent = false } = {}) {
    this.#pool = pool
    this.#random = random
    this.#idempotent = idempotent
  }

  /** Requests made and answered so far. */
  get count(): number {
    return this.#told.length
  }

  /** Goes on until the condition holds. */
  async makeUntil(isOver: () => boolean): Promise<void> {
    const random = this.#random.fork()
    while (!isOver()) {
      const request = this.#next++
      const way = random.pick(WAYS)
      await way(this.#pool, request, this.#idempotent).then(
        () => this.#told.push({ request }),
        error => this.#told.push({ request, error }),
      )
      // Refusals that come at once would leave no room for anything else.
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  /**
   * Compares what callers were told with what is stored; to be called when all works again.
   *
   * @returns what is wrong, in words
   */
  async violations(outside: pg.Client): Promise<string[]> {
    await quiet(outside)
    const { rows } = await outside.query(
      'SELECT request, count(*)::int AS n FROM ledger WHERE part = 1 GROUP BY 1',
    )
    const applied = new Map<number, number>(rows.map(({ request, n }) => [request, n]))
    const found: string[] = []
    for (const told of this.#told) {
      const n = applied.get(told.request) ?? 0
      const allowed = await this.#allowed(told)
      if (!allowed.includes(n)) found.push(`${told.request}: ${describe(told)}, applied ${n} times`)
    }
    return found
  }

  /** How many requests ended without anybody knowing how, and of how many of them it could be found out. */
  async undecided(): Promise<{ undecided: number; resolved: number }> {
    const open = this.#told.filter(({ error }) => error?.retry === 'unknown')
    const outcomes = await Promise.all(open.map(({ error }) => this.#pool.resolveOutcome(error)))
    return { undecided: open.length, resolved: outcomes.filter(outcome => outcome !== 'unknown').length }
  }

  async #allowed({ error }: Told): Promise<number[]> {
    if (error === undefined) return [1]
    if (error.retry !== 'unknown') return [0]
    const outcome = await this.#pool.resolveOutcome(error)
    if (outcome === 'in progress') return []
    return { committed: [1], aborted: [0], unknown: [0, 1] }[outcome]
  }
}

const describe = ({ error }: Told) =>
  error === undefined ? 'acknowledged' : `${error.code}, retry ${error.retry}`

/** Waits until nobody else is at work: a lost connection's backend may still be. */
async function quiet(outside: pg.Client): Promise<void> {
  const text = `
    SELECT 1 FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`
  while ((await outside.query(text)).rowCount !== 0) await new Promise(resolve => setTimeout(resolve, 5))
}
