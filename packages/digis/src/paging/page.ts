import type { Count } from '../input/amounts.js'
import { decodeCursor, encodeCursor, type Position } from './cursor.js'

/** Which part of a list: at most `limit` rows (default 20, at most 1,000), those behind `after`. */
export interface PageRequest {
  readonly limit?: Count | null | undefined
  /** The `next` of the page before; absent: from the beginning. */
  readonly after?: string | null | undefined
}

/** One part of a list. */
export interface Page<R> {
  readonly rows: R[]
  /** What to pass as `after` for the part behind this one; `null` at the end. */
  readonly next: string | null
}

/** A row as a page query returns it: with the key that the list is ordered by, besides `id`. */
export type Keyed<R> = R & { readonly page_key: string }

/** Where a page starts, `undefined` at the beginning. @throws DigisInputError for a cursor of another list */
export function startOf(scope: string, after: unknown): Position | undefined {
  return after === null || after === undefined ? undefined : decodeCursor(scope, after)
}

/** Makes a page of `limit + 1` rows: the last one only shows that there are more. */
export function toPage<R extends { id: number }>(
  scope: string,
  rows: readonly Keyed<R>[],
  limit: number,
): Page<R> {
  const shown = rows.slice(0, limit)
  const last = rows.length > limit ? shown.at(-1) : undefined
  const next = last === undefined ? null : encodeCursor(scope, { key: last.page_key, id: String(last.id) })
  return { rows: shown.map(withoutKey), next }
}

function withoutKey<R>({ page_key: _, ...row }: Keyed<R>): R {
  return row as unknown as R
}
