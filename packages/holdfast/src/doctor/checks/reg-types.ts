import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/** regclass, regrole and regtype survive pg_upgrade; the others hold oids that the new server gives to others. */
export const regTypes: Check = {
  id: 'O09',
  name: 'reg_types',
  title: 'A column keeps pg_upgrade from working',
  severity: 'warning',
  category: 'operations',
  explain:
    'Columns of these types hold internal numbers of functions, operators and the like, which are others after an upgrade: pg_upgrade refuses the database. Store the name as text.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, c.type AS evidence, format('ALTER TABLE %s ALTER COLUMN %s TYPE text;', c.table_name, c.quoted) AS fix
      FROM columns AS c
     WHERE c.typname IN ('regproc', 'regprocedure', 'regoper', 'regoperator', 'regconfig', 'regdictionary', 'regnamespace', 'regcollation')`,
}
