import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The last migration that belongs to the hardening; those behind it build on a database that has it. */
const LAST = '0029'

/** Where the file for psql is, in the repository. */
export const HARDENING_FILE = 'packages/digis/sql/add-enhanced-constraints-and-indexes.sql'

/**
 * Whether the file for psql is what its sources make of it.
 *
 * @param {string} root
 * @param {{ write?: boolean }} flags `write` makes it anew first
 * @returns {import('./report.mjs').Violation[]} none while the project has no such sources
 */
export function checkHardeningFile(root, { write = false }) {
  if (!existsSync(join(root, 'packages/digis/sql/hardening'))) return []
  const file = join(root, HARDENING_FILE)
  const text = hardeningFile(root)
  if (write) writeFileSync(file, text)
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return []
  return [
    {
      file: HARDENING_FILE,
      line: 1,
      rule: 'generated-file',
      message: 'it is not what packages/digis/migrations and packages/digis/sql/hardening make of it',
      remedy: 'run `node scripts/check-docs.mjs --write`',
    },
  ]
}

/**
 * The file for psql, made of the migrations, which say what the schema is to be, and of the procedures that bring an
 * existing one there.
 *
 * @param {string} root of the repository
 * @returns {string}
 */
export function hardeningFile(root) {
  const sources = readAll(join(root, 'packages/digis/sql/hardening'))
  const migrations = readAll(join(root, 'packages/digis/migrations')).filter(
    ({ name }) => name.slice(0, 4) <= LAST,
  )
  const plans = sources.flatMap(({ text }) =>
    [...text.matchAll(/FUNCTION digis_hardening\.(plan_\w+)\(/g)].map(match => match[1]),
  )
  return [
    HEADER,
    ...sources.map(part),
    "SELECT digis_hardening.start(:'live', :'quarantine', :'timezone') \\g /dev/null",
    '\n-- The schema as it is to be, in a place of its own.\n',
    'DROP SCHEMA IF EXISTS digis_target CASCADE;\nCREATE SCHEMA digis_target;\nSET search_path = digis_target;\n',
    ...migrations.map(part),
    '\n-- From the one to the other. Each line plans a part of it and runs what it planned.\n',
    'SET search_path = pg_catalog;',
    ...[...new Set(plans)].sort().map(plan => `SELECT * FROM digis_hardening.${plan}() \\gexec`),
    '\nSELECT digis_hardening.finish() AS "fingerprint of the schema";',
    '',
  ].join('\n')
}

/** @param {string} folder */
function readAll(folder) {
  const names = readdirSync(folder)
    .filter(name => name.endsWith('.sql'))
    .sort()
  return names.map(name => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
}

/** @param {{ name: string, text: string }} file */
function part({ name, text }) {
  return `\n-- ${name}\n${text.trimEnd()}\n`
}

const HEADER = `-- Brings an existing DIGIS database to the schema of the migrations 0001 to ${LAST}, under load and with the rows it has:
--
--   psql -X -f add-enhanced-constraints-and-indexes.sql "$DATABASE_URL"
--   psql -X -v quarantine=on -v timezone=UTC -f add-enhanced-constraints-and-indexes.sql "$DATABASE_URL"
--
-- It may be ended at any moment and started again. It reports rows that break a rule, and stops with exit code 3 while
-- there are any; with quarantine=on it mends or moves them, and keeps each as it was in digis_quarantine.rows. Needs a
-- direct connection (no transaction pooler), the tables' owner, and CREATE on the database. How it works:
-- docs/guides/hardening-an-existing-database.md.
--
-- Made by \`node scripts/check-docs.mjs --write\` from migrations/ and sql/hardening/: change those.

\\set ON_ERROR_STOP on
\\set QUIET on
\\if :{?quarantine} \\else
  \\set quarantine off
\\endif
\\if :{?timezone} \\else
  \\set timezone UTC
\\endif
SET client_min_messages = warning;
SET check_function_bodies = off;
-- Compiling the many short plans would take longer than running them.
SET jit = off;
SET statement_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SELECT current_schema() AS live \\gset
SET search_path = pg_catalog;
`
