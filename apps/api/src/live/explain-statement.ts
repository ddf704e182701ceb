import type { Pool } from 'holdfast'

/** Milliseconds for planning, locks included. */
const TIMEOUT = 2_000

/** The first PostgreSQL that plans a statement without the values of its parameters. */
const GENERIC_PLANS = 160_000

/** The plan of a statement as lines, or why there is none. */
export type Plan = { readonly lines: readonly string[] } | { readonly problem: string }

/**
 * Has a normalised statement planned for unknown parameters, in a read-only transaction. It is planned, not run; a text of
 * several statements is refused before anything of it reaches the executor.
 *
 * @throws when the database does not answer
 */
export async function explainStatement(pool: Pool, text: string): Promise<Plan> {
  return pool.transaction(
    async tx => {
      const { rows } = await tx.query("SELECT current_setting('server_version_num')::int AS version")
      if (rows[0]?.version < GENERIC_PLANS)
        return { problem: 'Plans without parameters need PostgreSQL 16 or later.' }
      await tx.query(`SET LOCAL lock_timeout = ${TIMEOUT}`)
      return planOf(tx, numbered(text))
    },
    { readOnly: true, timeout: TIMEOUT * 2 },
  )
}

type Transaction = Parameters<Parameters<Pool['transaction']>[0]>[0]

async function planOf(tx: Transaction, statement: string): Promise<Plan> {
  const text = `EXPLAIN (GENERIC_PLAN) ${statement}`
  const values = Array.from({ length: highestParameter(statement) }, () => null)
  try {
    return await tx.transaction(async inner => {
      // The extended protocol refuses what is more than one statement, but plans for the values that it wants bound.
      await inner.query({ text, values, queryMode: 'extended' } as never)
      const { rows } = await inner.query(text)
      return { lines: rows.map(row => String(row['QUERY PLAN'])) }
    })
  } catch (error) {
    if (!/^[\dA-Z]{5}$/.test(String((error as { code?: unknown }).code))) throw error
    const why = 'PostgreSQL cannot plan it as it stands here: without its values, and cut off if it is long'
    return { problem: `${why} (${(error as Error).message}).` }
  }
}

/** Makes parameters of the places where literals were: `a = $1 AND b = ?` is `a = $1 AND b = $2`. */
export function numbered(text: string): string {
  let last = highestParameter(text)
  return text.replace(/(?<=^|[\s(,=<>+\-*/|[])\?(?=$|[\s),;:\]])/g, () => `$${++last}`)
}

function highestParameter(text: string): number {
  return [...text.matchAll(/\$(\d{1,5})\b/g)].reduce((most, [, digits]) => Math.max(most, Number(digits)), 0)
}
