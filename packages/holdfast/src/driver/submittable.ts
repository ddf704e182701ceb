import type { Submittable } from 'pg'

/** Whether pg is given a query object that sends itself: a cursor, a stream, a `pg.Query`. */
export function isSubmittable(config: unknown): config is Submittable {
  return typeof (config as { submit?: unknown } | null | undefined)?.submit === 'function'
}

/** Learns when a query that brings a callback of its own has ended: pg calls no other one. */
export function afterOwnCallback(submittable: Submittable, ended: () => void): void {
  const query = submittable as { callback?: (...args: unknown[]) => void }
  const { callback } = query
  if (typeof callback !== 'function') return
  query.callback = (...args) => {
    ended()
    callback.apply(query, args)
  }
}
