import type pg from 'pg'
import type { Catalog } from '../../dist/sql/catalog.js'
import type { TableInfo } from '../../dist/sql/plan.js'

type Row = Readonly<Record<string, unknown>>

/** What stands in each table, and how often the server has counted a change of it. */
export interface Contents {
  readonly rows: ReadonlyMap<TableInfo, readonly Row[]>
  readonly counts: ReadonlyMap<TableInfo, number>
}

/** Reads all opted-in tables as text, and the server's counts of the current transaction. */
export async function contentsOf(client: pg.Client, catalog: Catalog): Promise<Contents> {
  const rows = new Map<TableInfo, Row[]>()
  const counts = new Map<TableInfo, number>()
  for (const table of catalog.tables) {
    const columns = table.keyed.map(column => `${client.escapeIdentifier(column.name)}::text`)
    const name = [table.schema, table.name].map(part => client.escapeIdentifier(part)).join('.')
    const result = await client.query(`SELECT ${[...columns, 't::text AS whole'].join(', ')} FROM ${name} t`)
    rows.set(table, result.rows)
    const oids = [...catalog.members].filter(([, member]) => member.table === table).map(([oid]) => oid)
    const counted = await client.query(
      `SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid))::int AS n FROM unnest($1::oid[]) oid`,
      [oids],
    )
    counts.set(table, counted.rows[0].n)
  }
  return { rows, counts }
}

/** The rows that are in one list and not in the other, both ways. */
export function changedRows(before: readonly Row[], after: readonly Row[]): Row[] {
  const only = (these: readonly Row[], those: readonly Row[]) => {
    const others = new Set(those.map(row => row.whole))
    return these.filter(row => !others.has(row.whole))
  }
  return [...only(before, after), ...only(after, before)]
}

/** Tables that are not as they were, or that the server has counted changes of. */
export function changedTables(before: Contents, after: Contents): TableInfo[] {
  return [...before.rows.keys()].filter(
    table =>
      changedRows(before.rows.get(table) ?? [], after.rows.get(table) ?? []).length > 0 ||
      before.counts.get(table) !== after.counts.get(table),
  )
}
