import type { Change, Scope } from '../history/events.js'
import type { SeededRandom } from '../random.js'
import type { Row } from './subject.js'

/** One writing statement, and how to read what it did from what it returns. */
export interface WriteStep {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
  /** What it may change, should nobody hear how it went. */
  readonly scope: Scope
  /** What the rows that it returned say. */
  changes(rows: readonly Row[]): Change[]
  /** Groups that it deletes for good. */
  readonly cascades?: readonly string[]
  /** The one register whose existence it changes: one process alone may do that, one write after the other. */
  readonly claim?: string
}

/** What a writer knows when it chooses. */
export interface WriteContext {
  readonly random: SeededRandom
  /** Which of the processes it belongs to, from 0. */
  readonly process: number
  readonly processes: number
}

/** A kind of writing statement. */
export interface StepKind {
  /** How often it is chosen, relative to the others. */
  readonly weight: number
  make(context: WriteContext): WriteStep
}

/** What the rows of a RETURNING say: `id`, `version` and what the group is made of. */
export function changesOf(
  table: string,
  group: (row: Row) => string | null,
): (rows: readonly Row[]) => Change[] {
  return rows =>
    rows.map(row => ({ register: `${table}:${row.id}`, version: Number(row.version), group: group(row) }))
}

/** A statement that gives rows new versions; each of them stays where it is. */
export function step(name: string, text: string, rest: Omit<WriteStep, 'name' | 'text'>): WriteStep {
  return { name, text, ...rest }
}

/** A key that only this process may bring into being or remove. */
export function ownKey({ random, process, processes }: WriteContext, rows: number): number {
  const own = Array.from({ length: rows }, (_, index) => index + 1).filter(id => id % processes === process)
  return own.length > 0 ? random.pick(own) : 1 + (process % rows)
}
