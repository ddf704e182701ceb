import type { Check } from '../check.js'

/** The last run counts; one that has not ended is neither. */
const LAST_RUNS = `
  SELECT format('job %s', coalesce(quote_literal(j.jobname), j.jobid::text)) AS object,
         format('failed at %s: %s', to_char(r.start_time, 'YYYY-MM-DD HH24:MI'), left(r.return_message, 200)) AS evidence,
         format('-- SELECT * FROM cron.job_run_details WHERE jobid = %s ORDER BY start_time DESC LIMIT 10;', j.jobid) AS fix
    FROM cron.job AS j
    JOIN LATERAL (SELECT * FROM cron.job_run_details AS d WHERE d.jobid = j.jobid AND d.status IN ('succeeded', 'failed')
                   ORDER BY d.runid DESC LIMIT 1) AS r ON r.status = 'failed'
   WHERE j.active AND j.database = current_database()`

/**
 * Known by its tables: managed servers name the extension differently. Jobs that were switched off, or belong to
 * another database, are not looked at.
 */
export const cronJobFailing: Check = {
  id: 'O10',
  name: 'cron_job_failing',
  title: 'A job of pg_cron fails',
  severity: 'warning',
  category: 'operations',
  explain: 'Nobody is told when a job fails: refreshes, partitions ahead and clean-ups stop without a word.',
  query: "SELECT 'cron' AS schema WHERE to_regclass('cron.job_run_details') IS NOT NULL",
  further: rows => rows.map(() => LAST_RUNS),
}
