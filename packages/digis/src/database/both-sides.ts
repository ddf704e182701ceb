/** What is read of the rows in which a user is the creator or the fan. */
export interface BothSides {
  /** The table, with the columns `creator_id` and `fan_id`. `$1` is the user. */
  readonly table: string
  readonly columns: string
  /** What more has to hold. */
  readonly where?: string
  /** Ends with `id`, so that the order is total. */
  readonly orderBy: string
  /** How many rows of each side can be needed at most, as SQL. */
  readonly limit: string
}

/**
 * A subquery for the rows of a user's two sides. Each side is read through its own index in the wanted order, and
 * only as far as needed, which an OR would prevent. No row is on both sides: nobody meets themself.
 */
export function bothSides({ table, columns, where = 'true', orderBy, limit }: BothSides): string {
  const side = (column: string) =>
    `(SELECT ${columns} FROM ${table} WHERE ${column} = $1 AND ${where} ORDER BY ${orderBy} LIMIT ${limit})`
  return `(${side('creator_id')} UNION ALL ${side('fan_id')}) AS ${table}`
}

/** A timestamptz as UTC text with its microseconds, which a JavaScript Date would lose. */
export function asPageKey(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS page_key`
}
