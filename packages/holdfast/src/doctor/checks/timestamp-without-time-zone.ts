import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * From 12 on the change to timestamptz does not rewrite the table while the session's zone is UTC. Precision makes
 * no difference: timestamp(6) is one as well.
 */
export const timestampWithoutTimeZone: Check = {
  id: 'I08',
  name: 'timestamp_without_tz',
  title: 'A point in time is stored without its zone',
  severity: 'warning',
  category: 'integrity',
  explain:
    'A timestamp without time zone says what a clock on some wall showed: clients in other zones read another moment, and twice a year an hour exists twice. timestamptz takes the same eight bytes. Opening hours and birthdays may be left.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, c.type AS evidence,
           format(CASE c.typname
             WHEN 'timestamp' THEN E'-- if the values are in UTC\\nBEGIN;\\nSET LOCAL timezone = ''UTC'';\\nALTER TABLE %s ALTER COLUMN %s TYPE timestamptz;\\nCOMMIT;'
             ELSE 'ALTER TABLE %s ALTER COLUMN %s TYPE time; -- a zone without a date means nothing' END, c.table_name, c.quoted) AS fix
      FROM columns AS c
     WHERE c.typname IN ('timestamp', 'timetz')`,
}
