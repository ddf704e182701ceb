import { createHash } from 'node:crypto'
import { DigisInputError } from '../digis-error.js'

/** A row's place in a list: the value it is ordered by, as PostgreSQL's text, and its id. */
export interface Position {
  readonly key: string
  readonly id: string
}

/** What a key looks like: a UTC time with microseconds, a rank, or nothing where the id alone is the order. */
const KEY = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z|\d(\.\d+)?(e-\d+)?|)$/
const ID = /^[1-9]\d{0,17}$/

/**
 * An opaque text for a position. It works for the list it was made for, named by `scope`, and for no other: behind
 * a row of another list there would be rows, but the wrong ones.
 */
export function encodeCursor(scope: string, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([fingerprint(scope), key, id])).toString('base64url')
}

/** @throws DigisInputError unless it is what {@link encodeCursor} made for the same scope */
export function decodeCursor(scope: string, cursor: unknown): Position {
  const [list, key, id] = typeof cursor === 'string' ? parts(cursor) : []
  if (typeof key === 'string' && KEY.test(key) && isTime(key) && typeof id === 'string' && ID.test(id)) {
    if (list === fingerprint(scope)) return { key, id }
    throw wrong('a cursor of another list')
  }
  throw wrong('something else')
}

function parts(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** The pattern lets a month 13 pass; keys that are no times need no such look. */
function isTime(key: string): boolean {
  return !key.endsWith('Z') || !Number.isNaN(Date.parse(key))
}

function fingerprint(scope: string): string {
  return createHash('sha256').update(scope).digest('base64url').slice(0, 8)
}

function wrong(given: string): DigisInputError {
  return new DigisInputError({
    field: 'after',
    expected: 'the `next` of an earlier page of the same list',
    given,
  })
}
