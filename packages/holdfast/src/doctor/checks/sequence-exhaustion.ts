import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * What ends first counts: the sequence itself, or the column that it fills. Sequences that begin again, or count
 * down, are not judged.
 */
export const sequenceExhaustion: Check = {
  id: 'I07',
  name: 'sequence_exhaustion',
  title: 'A sequence is close to its end',
  severity: 'warning',
  category: 'integrity',
  explain:
    'When it ends, every insert into the table fails. 70 % is a warning, because the change to bigint takes its time; from 90 % on it is an error.',
  query: `${catalogue('relations', 'columns')}
    SELECT s.name AS object, round(100 * v.part, 1) || ' % used' || coalesce(', by ' || c.name || ' ' || c.type, '') AS evidence,
           coalesce(format(E'ALTER TABLE %s ALTER COLUMN %s TYPE bigint; -- rewrites the table\\n', c.table_name, c.quoted), '')
             || format('ALTER SEQUENCE %s AS bigint MAXVALUE 9223372036854775807;', s.name) AS fix,
           CASE WHEN v.part >= 0.9 THEN 'error' END AS severity
      FROM relations AS s
      JOIN pg_sequence AS q ON q.seqrelid = s.oid
      LEFT JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
           AND d.refclassid = 'pg_class'::regclass
      LEFT JOIN columns AS c ON c.relid = d.refobjid AND c.attnum = d.refobjsubid
     CROSS JOIN LATERAL (
       SELECT CASE WHEN has_sequence_privilege(s.oid, 'USAGE, SELECT') THEN pg_sequence_last_value(s.oid) END::numeric
              / least(q.seqmax, CASE c.typname WHEN 'int2' THEN 32767 WHEN 'int4' THEN 2147483647 ELSE q.seqmax END) AS part) AS v
     WHERE NOT q.seqcycle AND q.seqincrement > 0 AND v.part >= 0.7`,
}
