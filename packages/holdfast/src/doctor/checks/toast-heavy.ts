import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * From a gigabyte on, when what is stored beside the table is ten times the table. By the planner's numbers of
 * pages, so that no file is looked at.
 */
export const toastHeavy: Check = {
  id: 'P10',
  name: 'toast_heavy',
  title: 'A table is mostly large values',
  severity: 'info',
  category: 'performance',
  explain:
    'Files and long documents in the database are backed up, replicated and cached with it. Object storage is made for them; lz4 compression (SET COMPRESSION, from 14 on) makes those smaller that stay.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, format('%s of large values beside %s of rows', pg_size_pretty(o.relpages * size), pg_size_pretty(t.relpages * size)) AS evidence,
           format('-- SELECT large columns only where they are needed; ALTER TABLE %s ALTER COLUMN ... SET COMPRESSION lz4;', t.name) AS fix
      FROM tables AS t JOIN pg_class AS o ON o.oid = t.reltoastrelid
     CROSS JOIN (SELECT current_setting('block_size')::bigint AS size) AS b
     WHERE o.relpages * size > 2 ^ 30 AND o.relpages > 10 * t.relpages`,
}
