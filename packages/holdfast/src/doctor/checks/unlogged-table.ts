import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Fast because nothing of it is written ahead: after a crash it is empty. Sequences of such a table are unlogged
 * with it, and not told apart.
 */
export const unloggedTable: Check = {
  id: 'I20',
  name: 'unlogged_table',
  title: 'A table is emptied by a crash',
  severity: 'warning',
  category: 'integrity',
  explain:
    'An unlogged table is truncated when the server recovers from a crash, and a replica never has its rows. That is right for a cache or a staging area, and nothing else.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, 'UNLOGGED' AS evidence,
           format('ALTER TABLE %s SET LOGGED; -- writes the whole table to the log', t.name) AS fix
      FROM tables AS t WHERE t.relpersistence = 'u'`,
}
