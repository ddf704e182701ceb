import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Only partitions by a range of time, and only those in use: some partition holds this day, or a month ago did. A
 * range over several columns, or over something else than time, cannot be judged from here.
 */
export const partitionGap: Check = {
  id: 'P06',
  name: 'partition_gap',
  title: 'There is no partition for the days to come',
  severity: 'error',
  category: 'performance',
  explain:
    'From the end of the last partition on every insert fails, or lands in the default partition, from where it has to be moved before the right one can be attached. Create partitions ahead, by a job.',
  query: `${catalogue('relations')},
    parents AS (
      SELECT r.oid, r.name, pt.partdefid, a.atttypid
        FROM relations AS r
        JOIN pg_partitioned_table AS pt ON pt.partrelid = r.oid AND pt.partstrat = 'r' AND pt.partnatts = 1
        JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum = pt.partattrs[0] AND a.atttypid IN ('date'::regtype, 'timestamptz'::regtype, 'timestamp'::regtype)),
    ends AS (
      SELECT p.oid, p.name, p.partdefid, count(h.inhrelid) AS parts,
             max(CASE WHEN b.bound ~ 'TO \\(MAXVALUE\\)' THEN 'infinity'::timestamptz
                      ELSE substring(b.bound FROM 'TO \\(''([^'']+)''\\)')::timestamptz END) AS last
        FROM parents AS p
        LEFT JOIN pg_inherits AS h ON h.inhparent = p.oid
        LEFT JOIN pg_class AS c ON c.oid = h.inhrelid
       CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) AS b
       GROUP BY p.oid, p.name, p.partdefid)
    SELECT name AS object,
           CASE WHEN last IS NULL THEN 'no partition but perhaps the default one' ELSE 'the last partition ends on ' || to_char(last, 'YYYY-MM-DD') END AS evidence,
           format('-- CREATE TABLE ... (LIKE %1$s INCLUDING ALL); with a CHECK on its range, then: ALTER TABLE %1$s ATTACH PARTITION ... FOR VALUES FROM (...) TO (...);', name) AS fix, NULL AS severity
      FROM ends WHERE last IS NULL OR (last < now() + interval '1 month' AND last > now() - interval '2 months')
    UNION ALL
    SELECT d.oid::regclass::text, 'the default partition of ' || p.name || ' holds rows',
           format('-- move the rows: detach %s, create the partitions, insert from it', d.oid::regclass), 'warning'
      FROM parents AS p JOIN pg_class AS d ON d.oid = p.partdefid
     WHERE pg_relation_size(d.oid) > 0`,
}
