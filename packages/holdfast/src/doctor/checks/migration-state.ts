import { HISTORY_CONSTRAINT } from '../catalogue.js'
import type { Check, Problem, Row } from '../check.js'
import type { MigrationFault } from '../options.js'

/** The runner's history tables, known by a constraint that nobody else has. */
const HISTORIES = `
  SELECT conrelid::regclass::text AS table_name FROM pg_constraint
   WHERE conname = '${HISTORY_CONSTRAINT}' AND contype = 'f' AND connamespace = ANY ($1::oid[])`

/**
 * The history tells what was begun and never finished, and what ran in another order than its numbers. Whether files
 * were changed since, only the runner can tell, which has them.
 */
export const migrationState: Check = {
  id: 'I25',
  name: 'migration_state',
  title: 'The history of migrations is broken',
  severity: 'error',
  category: 'integrity',
  explain:
    'A migration that was begun and not finished left a part of its changes, if it was of the kind that runs outside of a transaction. One that ran after a later one may have met another schema than it was tested on. `holdfast migrate verify` compares files, history and schema.',
  skip: ({ outside }) =>
    typeof outside.migrations === 'string' ? `the migration runner failed: ${outside.migrations}` : undefined,
  query: HISTORIES,
  further: rows => rows.map(historyQuery),
  judge: (rows, { outside }) =>
    typeof outside.migrations === 'object' ? outside.migrations.map(toldByRunner) : rows.map(problemOf),
}

function historyQuery({ table_name }: Row): string {
  return `
    SELECT '${(table_name ?? '').replaceAll("'", "''")}' AS history, name,
           CASE WHEN finished_at IS NULL THEN 'begun and not finished, and its session is gone' ELSE 'ran after a later one' END AS evidence
      FROM (SELECT *, max(number) OVER (ORDER BY started_at, number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
              FROM ${table_name}) AS m
     WHERE (finished_at IS NOT NULL AND latest > number)
        OR (finished_at IS NULL AND NOT EXISTS (
              SELECT FROM pg_stat_activity AS a
               WHERE a.pid = m.backend_pid AND coalesce(a.backend_start, m.backend_start) = m.backend_start))`
}

function problemOf({ history, name, evidence }: Row): Problem {
  return {
    object: `${history}: ${name}`,
    evidence: evidence ?? '',
    fix: '-- holdfast migrate status, then holdfast migrate repair',
    ...(evidence?.startsWith('ran') ? { severity: 'warning' as const } : {}),
  }
}

/** The runner knows its own history best, so the table is not read beside it. */
function toldByRunner({ kind, file, message, remedy }: MigrationFault): Problem {
  return { object: `${file} (${kind})`, evidence: message, fix: `-- ${remedy.replaceAll('\n', ' ')}` }
}
