/** The constraint by which the runner of migrations knows its history tables, whatever their names. */
export const HISTORY_CONSTRAINT = 'fk_migrations_finished_before_commit'

/**
 * The parts of the catalogue that the checks ask about, as common table expressions. All of them keep to the schemas
 * in `$1` and leave alone what belongs to an extension, and the runner's history of migrations.
 */
const PARTS = {
  /** Tables, views, sequences, indexes: with their names as SQL takes them. */
  relations: `relations AS (
    SELECT c.*, n.nspname, c.oid::regclass::text AS name
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relnamespace = ANY ($1::oid[])
       AND c.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e')
       AND c.oid NOT IN (SELECT conrelid FROM pg_constraint WHERE conname = '${HISTORY_CONSTRAINT}'))`,
  /** Tables as their owners think of them: a partition is a part of its parent. */
  tables: `tables AS (
    SELECT * FROM relations WHERE relkind IN ('r', 'p') AND NOT relispartition)`,
  /** The columns of those tables. */
  columns: `columns AS (
    SELECT t.oid AS relid, t.nspname::text, t.name AS table_name, t.relname::text AS short_name, a.attnum, a.attname::text AS column_name,
           t.name || '.' || quote_ident(a.attname) AS name, quote_ident(a.attname) AS quoted,
           a.attnotnull, a.attidentity, a.attgenerated, a.atttypid, a.atttypmod, y.typname::text, y.typcategory,
           format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS default_value
      FROM tables AS t
      JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type AS y ON y.oid = a.atttypid
      LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum)`,
  /** Indexes of tables and materialized views; those of partitions follow their parent's. */
  indexes: `indexes AS (
    SELECT i.*, x.relname::text AS index_name, i.indexrelid::regclass::text AS name, t.name AS table_name,
           t.nspname::text, t.relname::text AS short_name, x.reltuples, x.relpages, x.relkind,
           t.reltuples AS table_rows, t.relkind AS table_kind, m.amname::text,
           (string_to_array(i.indkey::text, ' ')::int2[])[1:i.indnkeyatts] AS keys,
           pg_get_expr(i.indpred, i.indrelid) AS predicate
      FROM pg_index AS i
      JOIN relations AS t ON t.oid = i.indrelid
      JOIN pg_class AS x ON x.oid = i.indexrelid
      JOIN pg_am AS m ON m.oid = x.relam
     WHERE NOT x.relispartition)`,
  /** Foreign keys, once for each partitioned table. */
  foreign_keys: `foreign_keys AS (
    SELECT k.oid, k.conname::text, k.conrelid, k.confrelid, k.conkey, k.confkey, k.confdeltype, k.confupdtype,
           t.name AS table_name, t.relname::text AS short_name, k.confrelid::regclass::text AS target_name,
           t.name || '.' || quote_ident(k.conname) AS name
      FROM pg_constraint AS k JOIN tables AS t ON t.oid = k.conrelid
     WHERE k.contype = 'f' AND k.conparentid = 0)`,
  /** Policies of row-level security, with their conditions as text. */
  policies: `policies AS (
    SELECT p.oid, p.polname::text, p.polrelid, p.polcmd, p.polpermissive, p.polroles, t.relrowsecurity,
           t.name AS table_name, t.name || '.' || quote_ident(p.polname) AS name, quote_ident(p.polname) AS quoted,
           pg_get_expr(p.polqual, p.polrelid) AS using_text, pg_get_expr(p.polwithcheck, p.polrelid) AS check_text,
           concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS condition
      FROM pg_policy AS p JOIN relations AS t ON t.oid = p.polrelid)`,
  /** Functions and procedures. */
  functions: `functions AS (
    SELECT p.*, p.oid::regprocedure::text AS name
      FROM pg_proc AS p
     WHERE p.pronamespace = ANY ($1::oid[])
       AND p.oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e'))`,
} as const

/** A part that a query can stand on. */
export type CataloguePart = keyof typeof PARTS

const NEEDS: Readonly<Record<CataloguePart, readonly CataloguePart[]>> = {
  relations: [],
  tables: ['relations'],
  columns: ['tables'],
  indexes: ['relations'],
  foreign_keys: ['tables'],
  policies: ['relations'],
  functions: [],
}

/** The beginning of a query that asks these parts: `WITH ...`. */
export function catalogue(...parts: readonly CataloguePart[]): string {
  const wanted = new Set<CataloguePart>()
  const want = (part: CataloguePart) => {
    NEEDS[part].forEach(want)
    wanted.add(part)
  }
  parts.forEach(want)
  return `WITH ${[...wanted].map(part => PARTS[part]).join(', ')}`
}

/** The names of a constraint's or index's columns, in order: `keyColumns('k.conrelid', 'k.conkey')`. */
export function keyColumns(relation: string, keys: string): string {
  return `(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY key.position)
             FROM unnest(${keys}) WITH ORDINALITY AS key(number, position)
             JOIN pg_attribute AS a ON a.attrelid = ${relation} AND a.attnum = key.number)`
}
