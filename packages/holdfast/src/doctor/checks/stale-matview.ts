import { catalogue } from '../catalogue.js'
import type { Check } from '../check.js'

/**
 * PostgreSQL does not record when a view was refreshed. What can be known: that it never was, and, where commits are
 * timed and a contract stands in its comment ("refresh every 15 minutes"), how old its newest row is.
 */
export const staleMatview: Check = {
  id: 'P11',
  name: 'matview_stale',
  title: 'A materialized view was not refreshed',
  severity: 'warning',
  category: 'performance',
  explain:
    'A view that was created WITH NO DATA, or whose refresh was dropped from the jobs, answers with an error or with the past. Write the contract into its comment, "refresh every 1 hour", and keep track_commit_timestamp on to have it checked.',
  query: `${catalogue('relations')}
    SELECT r.name, r.relispopulated::text AS populated, current_setting('track_commit_timestamp') AS timed,
           substring(obj_description(r.oid, 'pg_class') FROM '(?i)refresh(?:ed)? every ([0-9]+ (?:second|minute|hour|day)s?)') AS contract
      FROM relations AS r WHERE r.relkind = 'm'`,
  further: rows =>
    rows.flatMap(({ name, populated, timed, contract }) => {
      const quoted = `'${(name ?? '').replaceAll("'", "''")}'`
      if (populated !== 'true') return [neverFilled(quoted)]
      return timed === 'on' && contract ? [olderThan(quoted, name ?? '', contract)] : []
    }),
}

function neverFilled(quoted: string): string {
  return `SELECT ${quoted} AS object, 'it was never filled: reading it fails' AS evidence, 'REFRESH MATERIALIZED VIEW ' || ${quoted} || ';' AS fix`
}

function olderThan(quoted: string, name: string, contract: string): string {
  return `
    SELECT ${quoted} AS object, format('its newest row is of %s, and its comment promises a refresh every ${contract}', to_char(newest, 'YYYY-MM-DD HH24:MI')) AS evidence,
           'REFRESH MATERIALIZED VIEW CONCURRENTLY ' || ${quoted} || ';' AS fix
      FROM (SELECT max(pg_xact_commit_timestamp(xmin)) AS newest FROM ${name}) AS v
     WHERE newest < clock_timestamp() - interval '${contract}'`
}
