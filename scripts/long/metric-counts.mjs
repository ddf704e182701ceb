const COUNT = /^db_client_operation_duration_seconds_count\{(.*)\} (\d+)$/gm

/**
 * What the text of `pool.metrics()` says that was counted.
 *
 * @param {string} text
 * @returns {{ calls: number, errors: number }}
 */
export function metricCounts(text) {
  const counts = { calls: 0, errors: 0 }
  for (const [, labels = '', count] of text.matchAll(COUNT)) {
    counts.calls += Number(count)
    if (labels.includes('error_type=')) counts.errors += Number(count)
  }
  return counts
}
