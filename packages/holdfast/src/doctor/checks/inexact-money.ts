import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'
import { MONEY_NAME } from '../money-names.js'

/**
 * Unbounded numeric is exact, but keeps thirds of a cent: a warning. Rates and scores are no amounts. What is no
 * amount by its name is not judged: a float may hold a length or a temperature.
 */
export const inexactMoney: Check = {
  id: 'I09',
  name: 'inexact_money',
  title: 'An amount of money is stored inexactly',
  severity: 'error',
  category: 'integrity',
  explain:
    'Binary fractions cannot hold 0.10: sums drift by cents that nobody can explain. The type money depends on a setting of the server. Use bigint for minor units, or numeric with a scale.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, c.type AS evidence,
           format('ALTER TABLE %s ALTER COLUMN %s TYPE %s; -- rewrites the table; look for values that do not fit first',
                  c.table_name, c.quoted, CASE c.typname WHEN 'numeric' THEN 'numeric(19, 4)' WHEN 'money' THEN 'numeric(19, 2)' ELSE 'numeric(19, 4)' END) AS fix,
           CASE WHEN c.typname = 'numeric' THEN 'warning' END AS severity
      FROM columns AS c
     WHERE c.typname = 'money'
        OR (c.column_name ~ '${MONEY_NAME}' AND c.column_name !~ '(rate|ratio|percent|pct|score|count|weight|time|duration|second|minute|hour|millis|_ms$|size|bytes|distance)'
            AND (c.typname IN ('float4', 'float8') OR (c.typname = 'numeric' AND c.atttypmod = -1)))`,
}
