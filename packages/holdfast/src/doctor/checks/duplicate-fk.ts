import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The one with the alphabetically first name is kept: which one is kept makes no difference if they agree. Keys of
 * partitions are those of their parent, and not looked at again.
 */
export const duplicateFk: Check = {
  id: 'I17',
  name: 'duplicate_or_overlapping_fk',
  title: 'Two foreign keys say the same',
  severity: 'info',
  category: 'integrity',
  explain:
    'Each of them is checked at every write, and if they differ in ON DELETE, nobody can tell from one of them what will happen. One of them is enough.',
  query: `${catalogue('foreign_keys')}
    SELECT g.name AS object, format('the same columns and target as %I', f.conname) AS evidence,
           format('ALTER TABLE %s DROP CONSTRAINT %I;', g.table_name, g.conname) AS fix
      FROM foreign_keys AS f
      JOIN foreign_keys AS g ON g.conrelid = f.conrelid AND g.confrelid = f.confrelid AND g.conkey = f.conkey
       AND g.confkey = f.confkey AND g.conname > f.conname`,
}
