import { databaseOn, type QueryRunner, type Statement } from '../database/database.js'
import { DigisInputError } from '../digis-error.js'
import { describeGiven } from '../input/describe-given.js'
import { checkText } from '../input/text.js'
import { checkRow, type QueryStatisticsRow } from './query-statistics-row.js'

/** The most rows of one call. */
export const MAX_STATISTICS_ROWS = 10_000

/**
 * Keeps how statements fared, for as long as the policy of the table `query_statistics` says (13 months at first). What
 * was kept for the same statement, time and source is replaced, so that writing the same rows again changes nothing.
 *
 * @param pool a pool, or an identity's; with row-level security `pool.as(APP_SERVICE)`
 * @param options.source who counted: percentiles of several processes cannot be put together. Default: `''`
 * @returns how many rows are kept of these: of two for the same statement and time, the later one
 * @throws DigisInputError naming the row and field that is impossible; nothing was kept
 */
export async function recordQueryStatistics(
  pool: QueryRunner,
  rows: readonly QueryStatisticsRow[],
  options: { readonly source?: string } = {},
): Promise<number> {
  const source = checkText('source', options.source ?? '', 128)
  if (!Array.isArray(rows) || rows.length > MAX_STATISTICS_ROWS) {
    const expected = `a list of at most ${MAX_STATISTICS_ROWS} rows`
    throw new DigisInputError({ field: 'rows', expected, given: describeGiven(rows) })
  }
  const byKey = new Map(
    rows.map((row, index) => {
      const { bucketStart, fingerprint } = checkRow(row, `rows[${index}]`)
      return [`${bucketStart.getTime()} ${fingerprint}`, row]
    }),
  )
  if (byKey.size === 0) return 0
  return (await databaseOn(pool).run(upsertRows([...byKey.values()], source))).rowCount ?? 0
}

/** Sorted, so that two writers never wait for each other in a circle. */
function upsertRows(rows: readonly QueryStatisticsRow[], source: string): Statement {
  return {
    text: `INSERT INTO query_statistics (bucket_start, fingerprint, source, calls, errors, summed_time, p50, p95, p99)
           SELECT bucket_start, fingerprint, $1, calls, errors, summed_time, p50, p95, p99
             FROM unnest($2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[], $6::float8[], $7::float8[],
                         $8::float8[], $9::float8[])
                  AS r (bucket_start, fingerprint, calls, errors, summed_time, p50, p95, p99)
            ORDER BY fingerprint COLLATE "C", bucket_start
               ON CONFLICT (fingerprint, bucket_start, source) DO UPDATE
              SET calls = excluded.calls, errors = excluded.errors, summed_time = excluded.summed_time,
                  p50 = excluded.p50, p95 = excluded.p95, p99 = excluded.p99`,
    values: [
      source,
      rows.map(row => row.bucketStart.toISOString()),
      rows.map(row => row.fingerprint),
      rows.map(row => row.calls),
      rows.map(row => row.errors),
      rows.map(row => row.summedTime),
      rows.map(row => row.p50),
      rows.map(row => row.p95),
      rows.map(row => row.p99),
    ],
    idempotent: true,
  }
}
