import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * An error for what exists so that a thing happens once; a warning for ids that a provider gives to one thing, where
 * a second row may have its reasons.
 */
export const externalIdNotUnique: Check = {
  id: 'I14',
  name: 'external_id_not_unique',
  title: 'An id from outside can be stored twice',
  severity: 'error',
  category: 'integrity',
  explain:
    'Providers deliver an event more than once, and clients repeat a request. Only a unique index makes the second one a no-op; a SELECT before the INSERT does not, because both look before either writes.',
  query: `${catalogue('columns', 'indexes')}
    SELECT c.name AS object, c.type || ' without a unique index' AS evidence,
           format(E'CREATE UNIQUE INDEX CONCURRENTLY %1$I ON %2$s (%3$s); -- fails while there are duplicates\\nALTER TABLE %2$s ADD CONSTRAINT %1$I UNIQUE USING INDEX %1$I;',
                  left('uq_' || c.short_name || '_' || c.column_name, 60), c.table_name, c.quoted) AS fix,
           CASE WHEN c.column_name !~ '(idempotency_key|event_id|payment_intent_id)$' THEN 'warning' END AS severity
      FROM columns AS c
     WHERE (c.column_name ~ '(^|_)(idempotency_key|payment_intent_id)$'
         OR c.column_name ~ '^stripe_(charge|event|session|checkout_session|subscription|payout|transfer|refund|payment|account)_id$'
         OR (c.column_name ~ '(^|_)event_id$' AND c.typname IN ('text', 'varchar') AND c.short_name ~ '(webhook|stripe|inbox|payment|processed)')
         OR (c.column_name = 'stripe_customer_id' AND c.short_name ~ '^(users?|customers?|accounts?|profiles?|organizations?|teams?)$'))
       AND NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = c.relid AND k.contype = 'f' AND c.attnum = ANY (k.conkey))
       AND NOT EXISTS (SELECT FROM indexes AS i WHERE i.indrelid = c.relid AND i.indisunique AND i.indisvalid AND c.attnum = ANY (i.keys))`,
}
