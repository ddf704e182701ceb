/** What the server has counted for a table and its partitions, in the running transaction and before. */
export interface TableCount {
  /** Rows inserted, updated and deleted. */
  readonly rows: bigint
  /** Changes with TRUNCATE and rewriting DDL. */
  readonly filenode: string
}

/** The members of an opted-in table: itself, its partitions and children. */
export interface TableMembers {
  readonly oid: number
  readonly members: readonly number[]
}

/** How the server is asked what a transaction has done. */
export interface Counting {
  /** See {@link countsStatement}. */
  readonly statement: string
  /** What has to run first: triggers that wait for the COMMIT would otherwise write after the count. */
  readonly before: readonly string[]
}

/** What the server answered about a transaction. */
export interface TransactionCounts {
  /** Its id; `undefined` while it has written nothing. */
  readonly xid: string | undefined
  /** Whether the server counts at all (`track_counts`): if not, every write may have changed everything. */
  readonly trusted: boolean
  /** By the oid of the opted-in table. */
  readonly counts: ReadonlyMap<number, TableCount>
}

/**
 * The statement that asks the server what the running transaction has done to some tables. Its counters also hold what
 * earlier transactions of the same backend did and the server has not collected yet, hence the baseline of the ledger;
 * what a savepoint undid stays counted, which marks too much and never too little.
 *
 * @see PostgreSQL documentation, "Statistics Functions": pg_stat_get_xact_tuples_inserted and its kin
 */
export function countsStatement(tables: readonly TableMembers[]): string {
  const definitions = { oid: OF_DEFINITIONS, members: DEFINITIONS }
  const rows = [definitions, ...tables].flatMap(({ oid, members }) =>
    members.map(member => `(${oid},${member})`),
  )
  const ofAll = `pg_current_xact_id_if_assigned()::text, current_setting('track_counts')`
  return `SELECT t, sum(pg_stat_get_xact_tuples_inserted(m) + pg_stat_get_xact_tuples_updated(m) + pg_stat_get_xact_tuples_deleted(m))::text, string_agg(coalesce(pg_relation_filenode(m)::text, '-'), ',' ORDER BY m), ${ofAll} FROM (VALUES ${rows.join(',')}) AS x(t, m) GROUP BY t`
}

/**
 * Catalogs that say what a text means: pg_type, pg_attribute, pg_proc, pg_class, pg_constraint, pg_index, pg_inherits,
 * pg_operator, pg_rewrite, pg_trigger, pg_policy. A function may change them unseen.
 *
 * @see PostgreSQL source, `src/include/catalog`: their oids are fixed
 */
const DEFINITIONS = [1247, 1249, 1255, 1259, 2606, 2610, 2611, 2617, 2618, 2620, 3256]

/** Under this oid stand the changes to definitions; no table has it. */
export const OF_DEFINITIONS = 0

/** Reads the answer to {@link countsStatement}. */
export function readCounts(rows: readonly (readonly (string | null)[])[]): TransactionCounts {
  const counts = new Map<number, TableCount>()
  let xid: string | undefined
  let trusted = true
  for (const [oid, changed, filenode, transaction, counting] of rows) {
    xid = transaction ?? undefined
    trusted &&= counting === 'on'
    if (oid !== null && oid !== undefined)
      counts.set(Number(oid), { rows: BigInt(changed ?? 0), filenode: filenode ?? '' })
  }
  return { xid, counts, trusted }
}
