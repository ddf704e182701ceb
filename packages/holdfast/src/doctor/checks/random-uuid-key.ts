import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Random keys of a small table do no harm; which table will grow, only its owner knows. Keys without a default are
 * left alone: the program may make version 7.
 */
export const randomUuidKey: Check = {
  id: 'X13',
  name: 'uuid_v4_pk',
  title: 'A primary key is a random UUID',
  severity: 'info',
  category: 'indexes',
  explain:
    'Random keys land all over the index: once it is larger than memory, every insert reads and writes another page, and full-page images fill the log. UUIDs of version 7 begin with the time and land at the end.',
  query: `${catalogue('columns')}
    SELECT c.name AS object, 'DEFAULT ' || c.default_value AS evidence,
           format(CASE WHEN current_setting('server_version_num')::int >= 180000 THEN 'ALTER TABLE %s ALTER COLUMN %s SET DEFAULT uuidv7();'
                       ELSE '-- make version 7 in the application, or use an identity column: ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT;' END, c.table_name, c.quoted) AS fix
      FROM columns AS c
     WHERE c.typname = 'uuid' AND c.default_value ~ '(gen_random_uuid|uuid_generate_v4|uuidv4)'
       AND EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype = 'p' AND c.attnum = ANY (k.conkey))`,
}
