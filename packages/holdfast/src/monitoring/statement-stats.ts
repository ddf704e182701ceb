import { createHash } from 'node:crypto'
import type { LatencyBucket } from './latency-histogram.js'
import { type QueryCounts, StatementCounters } from './statement-counters.js'
import type { CountedStatement, SlowRun, StatementTable } from './statement-table.js'

/** What was counted of one statement since the pool was made. */
export interface StatementStats extends QueryCounts {
  /** The same for texts that differ only in literals: 16 hexadecimal digits, or `other` for what was forgotten. */
  readonly fingerprint: string
  /** Literals replaced by `?`, comments left out. */
  readonly text: string
  /** Its latest slow run, when slow queries are looked for. */
  readonly lastSlow: SlowRun | undefined
}

/**
 * Counters of a statement at one moment, of which the difference to an earlier moment can be taken. Those of all statements
 * add up to all that the pool has counted, and none ever gets less but by being forgotten.
 */
export interface StatementSnapshot extends QueryCounts {
  /**
   * For as long as it is counted; a statement that was forgotten and is met again has another one. 0 for all that were
   * forgotten: what they had is counted there from then on.
   */
  readonly id: number
  /** As in {@link StatementStats}; several may have the same. */
  readonly fingerprint: string
  /** Literals replaced by `?`, comments left out. */
  readonly text: string
  /** How many of the calls took how long, the shortest first; what nobody took is left out. */
  readonly latencies: readonly LatencyBucket[]
}

/** What statements are ordered by; the greatest first. */
export type StatementOrder =
  | 'totalMillis'
  | 'calls'
  | 'errors'
  | 'rows'
  | 'waitMillis'
  | 'p50'
  | 'p95'
  | 'p99'
  | 'max'

/** Which statements are told. */
export interface StatementsOptions {
  /** How many. Default: 50. */
  readonly limit?: number
  /** By what they are ordered. Default: `totalMillis`. */
  readonly by?: StatementOrder
}

/** PostgreSQL's parser, as far as statistics need it. */
export interface StatementReader {
  /** `undefined` for a text that it cannot parse. */
  fingerprint(text: string): string | undefined
  /** Without literals and comments. */
  normalize(text: string): string
}

/** Reads a table: statements of one fingerprint together; those that were forgotten come last, beyond the limit. */
export function statementStats(
  table: StatementTable,
  reader: StatementReader,
  { limit = 50, by = 'totalMillis' }: StatementsOptions,
): StatementStats[] {
  const merged = new Map<string, Merged>()
  for (const statement of table.statements) add(merged, statement, reader)
  const all = [...merged.values()].map(({ identity, counters, lastSlow }) => ({
    ...identity,
    ...counters.snapshot(),
    lastSlow,
  }))
  const told = all.sort((a, b) => b[by] - a[by]).slice(0, limit)
  if (table.others.calls === 0) return told
  return [...told, { ...OTHERS, ...table.others.snapshot(), lastSlow: undefined }]
}

/**
 * The counters as they stand, each on its own: statements of one fingerprint are told apart when they were met in different
 * forms, and those that were forgotten come last, together.
 */
export function statementSnapshots(table: StatementTable, reader: StatementReader): StatementSnapshot[] {
  const told = [...table.statements].map(statement => {
    statement.identity ??= identify(statement.example, reader)
    const { id, identity, counters } = statement
    return { id, ...identity, ...counters.snapshot(), latencies: counters.latencies() }
  })
  if (table.others.calls === 0) return told
  return [...told, { id: 0, ...OTHERS, ...table.others.snapshot(), latencies: table.others.latencies() }]
}

/** A text of the statement with this fingerprint; `undefined` when there is none. */
export function exampleOf(
  table: StatementTable,
  reader: StatementReader,
  fingerprint: string,
): string | undefined {
  for (const statement of table.statements) {
    statement.identity ??= identify(statement.example, reader)
    if (statement.identity.fingerprint === fingerprint) return statement.example
  }
  return undefined
}

const OTHERS = { fingerprint: 'other', text: '(statements that were forgotten)' }

interface Merged {
  readonly identity: NonNullable<CountedStatement['identity']>
  readonly counters: StatementCounters
  lastSlow: SlowRun | undefined
}

function add(merged: Map<string, Merged>, statement: CountedStatement, reader: StatementReader): void {
  statement.identity ??= identify(statement.example, reader)
  const { identity, lastSlow } = statement
  const known = merged.get(identity.fingerprint)
  const sum = known ?? { identity, counters: new StatementCounters(), lastSlow }
  sum.counters.merge(statement.counters)
  if (lastSlow !== undefined && lastSlow.at > (sum.lastSlow?.at ?? 0)) sum.lastSlow = lastSlow
  if (known === undefined) merged.set(identity.fingerprint, sum)
}

/** What a statement is called: by its parse tree, or by its words where it has none. */
export function identify(example: string, reader: StatementReader): { fingerprint: string; text: string } {
  const text = reader.normalize(example)
  const fingerprint = reader.fingerprint(example)
  return { fingerprint: fingerprint ?? createHash('sha256').update(text).digest('hex').slice(0, 16), text }
}
