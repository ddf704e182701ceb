import { catalogue, keyColumns } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The index must be on columns alone, without a WHERE: else the server refuses the concurrent refresh. An index on
 * expressions would be refused by the server at the first concurrent refresh.
 */
export const matviewWithoutUniqueIndex: Check = {
  id: 'X12',
  name: 'matview_without_unique_index',
  title: 'A materialized view cannot be refreshed while it is read',
  severity: 'warning',
  category: 'indexes',
  explain:
    'REFRESH without CONCURRENTLY locks readers out for as long as the query takes, and CONCURRENTLY needs a unique index to tell the rows apart.',
  query: `${catalogue('relations')}
    SELECT r.name AS object, 'no unique index without WHERE and expressions' AS evidence,
           format('CREATE UNIQUE INDEX ON %s (%s); -- the columns that tell the rows apart', r.name, ${keyColumns('r.oid', 'ARRAY[1]::int2[]')}) AS fix
      FROM relations AS r
     WHERE r.relkind = 'm' AND NOT EXISTS (
       SELECT FROM pg_index AS i WHERE i.indrelid = r.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL)`,
}
