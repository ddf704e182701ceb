import type { Statement } from '../database/database.js'

/** What is on which nodes. */
export interface Distribution {
  /** The tables that are split among the nodes. */
  readonly distributed: readonly string[]
  /** The column by whose value their rows are split. */
  readonly column: string
  /** The tables of which every node has a copy. Default: none. */
  readonly reference?: readonly string[]
}

/**
 * Every rule as a query that finds what breaks it. `d`: the distributed tables with the number of their column; `r`: the
 * reference tables. Partitions have what their table has, and are not looked at.
 */
const RULES = `
  WITH d AS (
    SELECT t.name, to_regclass(t.name) AS oid, a.attnum, a.atttypid, a.attnotnull
      FROM unnest($1::text[]) AS t (name)
      LEFT JOIN pg_attribute AS a ON a.attrelid = to_regclass(t.name) AND a.attname = $2 AND a.attnum > 0
  ), r AS (
    SELECT t.name, to_regclass(t.name) AS oid FROM unnest($3::text[]) AS t (name)
  ), keys AS (
    SELECT c.*, d.attnum AS from_column, t.attnum AS to_column, d.oid IS NOT NULL AS from_distributed,
           t.oid IS NOT NULL AS to_distributed, f.oid IS NOT NULL AS from_reference, s.oid IS NOT NULL AS to_reference
      FROM pg_constraint AS c
      LEFT JOIN d ON d.oid = c.conrelid
      LEFT JOIN d AS t ON t.oid = c.confrelid
      LEFT JOIN r AS f ON f.oid = c.conrelid
      LEFT JOIN r AS s ON s.oid = c.confrelid
     WHERE c.contype = 'f' AND c.conparentid = 0
  )
  SELECT 'table' AS rule, name AS subject, 'there is no such table' AS problem
    FROM (SELECT name, oid FROM d UNION ALL SELECT name, oid FROM r) AS t WHERE oid IS NULL
  UNION ALL
  SELECT 'column', name, format('it has no column "%s" that is NOT NULL', $2::text)
    FROM d WHERE oid IS NOT NULL AND attnotnull IS NOT TRUE
  UNION ALL
  SELECT 'column', name, format('its column "%s" has another type than that of "%s"', $2::text, first)
    FROM (SELECT d.*, first_value(name) OVER w AS first, first_value(atttypid) OVER w AS first_type
            FROM d WHERE atttypid IS NOT NULL WINDOW w AS (ORDER BY name)) AS typed
   WHERE atttypid <> first_type
  UNION ALL
  SELECT 'key', i.indexrelid::regclass::text, format('it is unique in "%s" without "%s"', d.name, $2::text)
    FROM d JOIN pg_index AS i ON i.indrelid = d.oid
   WHERE (i.indisunique OR i.indisexclusion) AND NOT d.attnum = ANY (i.indkey)
  UNION ALL
  SELECT 'foreign-key', conname, format('"%s" and "%s" are not tied by "%s"', conrelid::regclass, confrelid::regclass, $2::text)
    FROM keys
   WHERE from_distributed AND to_distributed
     AND array_position(conkey, from_column) IS DISTINCT FROM array_position(confkey, to_column)
      OR from_distributed AND to_distributed AND NOT from_column = ANY (conkey)
  UNION ALL
  SELECT 'foreign-key', conname, format('"%s" is on every node, "%s" is not', conrelid::regclass, confrelid::regclass)
    FROM keys WHERE from_reference AND NOT to_reference
  UNION ALL
  SELECT 'foreign-key', conname, format('"%s" is on one node only, "%s" is split', conrelid::regclass, confrelid::regclass)
    FROM keys WHERE to_distributed AND NOT from_distributed AND NOT from_reference
  UNION ALL
  SELECT 'foreign-key', conname, format('"%s" is split, "%s" is on one node only', conrelid::regclass, confrelid::regclass)
    FROM keys WHERE from_distributed AND NOT to_distributed AND NOT to_reference
  UNION ALL
  SELECT 'partitions', d.name, 'its partitions are partitioned again'
    FROM d JOIN pg_inherits AS i ON i.inhparent = d.oid JOIN pg_class AS c ON c.oid = i.inhrelid WHERE c.relkind = 'p'
   ORDER BY 1, 2, 3`

export function selectBrokenRules({ distributed, column, reference = [] }: Distribution): Statement {
  return { text: RULES, values: [distributed, column, reference], readOnly: true, cache: false }
}
