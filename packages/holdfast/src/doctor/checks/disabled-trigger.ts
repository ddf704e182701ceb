import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * The triggers of foreign keys are internal, and the worst to find switched off: the key still looks enforced.
 * ALWAYS is no trouble: such a trigger fires in replication as well.
 */
export const disabledTrigger: Check = {
  id: 'I19',
  name: 'disabled_trigger',
  title: 'A trigger is switched off',
  severity: 'error',
  category: 'integrity',
  explain:
    'DISABLE TRIGGER ALL before a bulk load switches foreign keys off too, and nothing switches them on again. What was written meanwhile is unchecked.',
  query: `${catalogue('tables')}
    SELECT t.name || '.' || CASE WHEN g.tgisinternal THEN quote_ident(k.conname) ELSE quote_ident(g.tgname) END AS object,
           min(CASE WHEN g.tgisinternal THEN 'the foreign key is not enforced: its triggers are disabled'
                    WHEN g.tgenabled = 'R' THEN 'fires in replication only' ELSE 'disabled' END) AS evidence,
           min(CASE WHEN g.tgisinternal THEN format('ALTER TABLE %s ENABLE TRIGGER ALL; -- then look for rows that break the key', t.name)
                    ELSE format('ALTER TABLE %s ENABLE TRIGGER %I;', t.name, g.tgname) END) AS fix
      FROM pg_trigger AS g
      JOIN tables AS t ON t.oid = g.tgrelid
      LEFT JOIN pg_constraint AS k ON k.oid = g.tgconstraint
     WHERE g.tgenabled = 'D' OR (g.tgenabled = 'R' AND NOT g.tgisinternal)
     GROUP BY 1`,
}
