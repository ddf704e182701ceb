import { catalogue } from '../catalogue.js'
import type { Check, Row } from '../check.js'

/** How many of the newest entries are summed up. */
const SAMPLE = 10_000

/** Found by shape: signed amounts that belong to a transfer, without a column that says which side they are on. */
const ENTRIES = `${catalogue('columns')},
  suspects AS MATERIALIZED (SELECT * FROM columns WHERE short_name ~ '(^|_)(entry|entries|postings?)$'),
  entries AS (
    SELECT t.table_name, t.quoted AS transfer, a.quoted AS amount,
           (SELECT min(c.quoted) FROM suspects AS c WHERE c.relid = t.relid AND c.column_name IN ('currency', 'currency_code', 'asset')) AS currency
      FROM suspects AS t
      JOIN suspects AS a ON a.relid = t.relid AND a.column_name IN ('amount', 'amount_minor', 'amount_cents') AND a.typcategory = 'N'
     WHERE t.column_name IN ('transfer_id', 'transaction_id', 'journal_id', 'posting_id')
       AND NOT EXISTS (SELECT FROM suspects AS c WHERE c.relid = t.relid AND c.column_name ~ '^(direction|side|debit|credit|type|kind|is_debit|is_credit)$'))`

/**
 * Entries of double entry add up to nothing within each transfer. Only a sample is read, newest transfers first.
 * Within one currency, where the entries have one. Sums are exact whatever the type, unless it is a float.
 */
export const ledgerOutOfBalance: Check = {
  id: 'I24',
  name: 'ledger_out_of_balance',
  title: 'The entries of a transfer do not add up to zero',
  severity: 'error',
  category: 'integrity',
  explain:
    'In double entry every transfer takes from one account what it gives to another. A transfer whose entries do not cancel out made money or lost some. Stop posting, find the writer, and correct by a reversing transfer, never by an update.',
  query: `${ENTRIES} SELECT * FROM entries`,
  further: rows => rows.map(sumQuery),
}

/** The oldest transfer of the sample may be cut by its limit, so it is left out when the sample is full. */
function sumQuery({ table_name, transfer, amount, currency }: Row): string {
  const group = [transfer, currency].filter(Boolean).join(', ')
  return `
    WITH sample AS (SELECT * FROM ${table_name} ORDER BY ${transfer} DESC LIMIT ${SAMPLE}),
         whole AS (SELECT * FROM sample WHERE (SELECT count(*) FROM sample) < ${SAMPLE}
                      OR ${transfer} <> (SELECT ${transfer} FROM sample ORDER BY ${transfer} LIMIT 1)),
         wrong AS (SELECT ${transfer} AS transfer, sum(${amount}) AS rest FROM whole GROUP BY ${group} HAVING sum(${amount}) <> 0)
    SELECT '${escaped(table_name)}' AS object,
           count(*) || ' of the newest transfers are out of balance, the first by ' || (array_agg(rest ORDER BY transfer))[1] AS evidence,
           '-- SELECT ${escaped(group)}, sum(${escaped(amount)}) FROM ${escaped(table_name)} GROUP BY ${escaped(group)} HAVING sum(${escaped(amount)}) <> 0;' AS fix
      FROM wrong HAVING count(*) > 0`
}

function escaped(text: string | null | undefined): string {
  return (text ?? '').replaceAll("'", "''")
}
