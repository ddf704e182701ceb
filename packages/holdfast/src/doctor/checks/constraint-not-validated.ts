import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * Constraints that PostgreSQL 18 can be told not to enforce cannot be validated: they are meant that way. A foreign
 * key that is not valid is no help to the planner either.
 */
export const constraintNotValidated: Check = {
  id: 'I05',
  name: 'constraint_not_validated',
  title: 'A constraint was never checked against the rows that were there before it',
  severity: 'warning',
  category: 'integrity',
  explain:
    'NOT VALID is the first half of adding a constraint without a long lock. Until the second half, old rows may break it, and the planner may not rely on it. Validating takes no lock that stops reads or writes.',
  query: `${catalogue('tables')}
    SELECT t.name || '.' || quote_ident(k.conname) AS object,
           pg_get_constraintdef(k.oid) AS evidence,
           format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', t.name, k.conname) AS fix
      FROM pg_constraint AS k JOIN tables AS t ON t.oid = k.conrelid
     WHERE NOT k.convalidated AND coalesce(to_jsonb(k) ->> 'conenforced', 'true') = 'true'`,
}
