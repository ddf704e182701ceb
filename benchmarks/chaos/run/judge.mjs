/**
 * How often each value occurs.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {(item: T) => string} keyOf
 * @returns {Record<string, number>}
 */
export function countBy(list, keyOf) {
  /** @type {Record<string, number>} */
  const counts = {}
  for (const item of list) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1
  return counts
}

/**
 * Compares what was acknowledged with what is there: an acknowledged append is there once, any other at most once.
 *
 * @param {readonly import('../load/offer.mjs').Done[]} done
 * @param {readonly { op: string }[]} entries
 */
export function judgeEntries(done, entries) {
  const times = new Map(Object.entries(countBy(entries, ({ op }) => op)))
  const appends = done.flatMap(({ op, error }) => (op === undefined ? [] : [{ op, error }]))
  const acknowledged = appends.filter(({ error }) => error === undefined)
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter(({ op }) => !times.has(op)).length,
    doubled: appends.filter(({ op }) => (times.get(op) ?? 0) > 1).length,
    appliedUnacknowledged: appends.filter(({ op, error }) => error !== undefined && times.has(op)).length,
  }
}
