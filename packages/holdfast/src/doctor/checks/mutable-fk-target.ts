import { catalogue, keyColumns } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * A target that contains the primary key is as stable as it: tenant columns beside it are common. Tables without a
 * primary key have nothing better to offer, and are reported elsewhere.
 */
export const mutableFkTarget: Check = {
  id: 'I26',
  name: 'mutable_fk_target',
  title: 'A foreign key refers to something that may change',
  severity: 'warning',
  category: 'integrity',
  explain:
    'A unique column that is not the primary key, such as the id of an identity provider, can change; then every referring row changes with it, or the change is refused. Refer to the primary key, and keep the other id in one place.',
  query: `${catalogue('foreign_keys')}
    SELECT f.name AS object,
           format('refers to %s (%s), whose primary key is (%s)%s', f.target_name, ${keyColumns('f.confrelid', 'f.confkey')},
                  ${keyColumns('f.confrelid', 'k.conkey')}, CASE f.confupdtype WHEN 'c' THEN ', ON UPDATE CASCADE' ELSE '' END) AS evidence,
           format('-- add a column that refers to the primary key, fill it, then: ALTER TABLE %s DROP CONSTRAINT %I;', f.table_name, f.conname) AS fix
      FROM foreign_keys AS f
      JOIN pg_constraint AS k ON k.conrelid = f.confrelid AND k.contype = 'p'
     WHERE NOT f.confkey @> k.conkey`,
}
