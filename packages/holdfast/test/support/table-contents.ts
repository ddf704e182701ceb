import type pg from 'pg'
import type { Catalog } from '../../dist/sql/catalog.js'
import type { TableInfo } from '../../dist/sql/plan.js'

type Row = Readonly<Record<string, unknown>>

/** What stands in each table, and how often the server has counted a change of it. */
export interface Contents {
  readonly rows: ReadonlyMap<TableInfo, readonly Row[]>
  readonly counts: ReadonlyMap<TableInfo, number>
}

/** Reads all opted-in tables as text, and the server's counts of the current transaction, in one round trip. */
export async function contentsOf(client: pg.Client, catalog: Catalog): Promise<Contents> {
  const texts = catalog.tables.flatMap(table => [rowsOf(client, table), countOf(catalog, table)])
  const results = (await client.query(texts.join(';'))) as unknown as pg.QueryResult[]
  const rows = new Map(catalog.tables.map((table, i) => [table, results[2 * i]?.rows as Row[]]))
  const counts = new Map(catalog.tables.map((table, i) => [table, results[2 * i + 1]?.rows[0].n as number]))
  return { rows, counts }
}

function rowsOf(client: pg.Client, table: TableInfo): string {
  const columns = table.keyed.map(column => `${client.escapeIdentifier(column.name)}::text`)
  const name = [table.schema, table.name].map(part => client.escapeIdentifier(part)).join('.')
  return `SELECT ${[...columns, 't::text AS whole'].join(', ')} FROM ${name} t`
}

function countOf({ members }: Catalog, table: TableInfo): string {
  const oids = [...members].filter(([, member]) => member.table === table).map(([oid]) => oid)
  return `SELECT sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
    + pg_stat_get_xact_tuples_deleted(oid))::int AS n FROM unnest('{${oids.join()}}'::oid[]) oid`
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
