/** Selects of rows of the table that is cached, whoever wrote them: by hand, with quotes, with all columns named. */
const LOADS = `
  SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements
  WHERE query ~* '^\\s*select .* from "?wide"? where'`

/**
 * How many times rows were loaded from the database, of all processes since the server started.
 *
 * @param {import('pg').Pool} pool
 * @returns {Promise<number>}
 */
export async function countLoads(pool) {
  return (await pool.query(LOADS)).rows[0].calls
}
