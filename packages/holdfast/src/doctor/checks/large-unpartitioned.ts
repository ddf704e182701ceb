import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The number of rows is the planner's estimate. Partitioned tables are not looked at, however large their parts
 * are.
 */
export const largeUnpartitioned: Check = {
  id: 'P07',
  name: 'large_unpartitioned',
  title: 'A table has outgrown being one table',
  severity: 'info',
  category: 'performance',
  explain:
    'Beyond some 25 million rows vacuum, index builds and the removal of old rows take hours. Partitions by month make each of them small. It may be left where rows are neither removed nor read by time.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, t.reltuples::bigint || ' rows' AS evidence,
           format('-- a new table PARTITION BY RANGE (time), this one attached as its first partition, new ones ahead: %s', t.name) AS fix
      FROM tables AS t WHERE t.relkind = 'r' AND t.reltuples > 25e6`,
}
