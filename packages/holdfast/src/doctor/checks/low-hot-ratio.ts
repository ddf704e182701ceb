import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * An update in place (HOT) needs room on the page and touches no indexed column. Ten thousand updates are needed
 * before the share means something.
 */
export const lowHotRatio: Check = {
  id: 'P04',
  name: 'low_hot_ratio',
  title: 'Updates write every index of the table',
  severity: 'warning',
  category: 'performance',
  usage: true,
  explain:
    'When the new version of a row finds no place on the same page, or an indexed column changed, every index gets an entry more. Leave room with fillfactor, and do not index what changes all the time.',
  query: `${catalogue('tables')}
    SELECT t.name AS object, format('%s %% of %s updates were in place', round(100.0 * s.n_tup_hot_upd / s.n_tup_upd), s.n_tup_upd) AS evidence,
           format('ALTER TABLE %s SET (fillfactor = 80); -- for new pages; VACUUM FULL or pg_repack for the old ones', t.name) AS fix
      FROM tables AS t JOIN pg_stat_all_tables AS s ON s.relid = t.oid
     WHERE s.n_tup_upd > 10000 AND s.n_tup_hot_upd < 0.5 * s.n_tup_upd`,
}
