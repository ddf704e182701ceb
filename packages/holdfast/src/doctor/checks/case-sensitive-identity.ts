import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Told by a unique index on the bare column, or by a table of people. citext and a CHECK on lower case are as good.
 * Slugs are left out: programs make them, in lower case.
 */
export const caseSensitiveIdentity: Check = {
  id: 'I15',
  name: 'case_sensitive_identity',
  title: 'One person can register twice, in other letters',
  severity: 'warning',
  category: 'integrity',
  explain:
    'For an index, Ann@x.org and ann@x.org are two addresses, and for people they are one: the second account takes over mails or names of the first. A unique index on lower() tells them to be the same.',
  query: `${catalogue('columns', 'indexes')}
    SELECT c.name AS object, c.type || ' without a unique index on lower(' || c.quoted || ')' AS evidence,
           format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (lower(%s)); -- fails while there are duplicates',
                  left('uq_' || c.short_name || '_' || c.column_name || '_lower', 60), c.table_name, c.quoted) AS fix
      FROM columns AS c
      JOIN pg_attribute AS a ON a.attrelid = c.relid AND a.attnum = c.attnum
     WHERE c.column_name ~ '^(email|email_address|username|user_name|handle|login|nickname)$' AND c.typname IN ('text', 'varchar')
       AND (c.short_name ~ '(^|_)(users?|accounts?|profiles?|members?|creators?|customers?|people|admins?)$'
         OR EXISTS (SELECT FROM indexes AS i WHERE i.indrelid = c.relid AND i.indisunique AND i.keys = ARRAY[c.attnum]))
       AND NOT EXISTS (SELECT FROM pg_collation AS l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic)
       AND NOT EXISTS (SELECT FROM indexes AS i WHERE i.indrelid = c.relid AND i.indisunique
             AND pg_get_indexdef(i.indexrelid) ~* ('(lower|upper)\\(\\(?"?' || c.column_name))
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype = 'c' AND c.attnum = ANY (k.conkey)
             AND pg_get_constraintdef(k.oid) ~ 'lower\\(')`,
}
