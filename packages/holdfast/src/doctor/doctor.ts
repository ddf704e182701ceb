import { HoldfastError, OptionsError } from '../base/errors.js'
import { CHECKS } from './all-checks.js'
import type { Check } from './check.js'
import { factsOfPool } from './client-facts.js'
import { type DoctorClient, type DoctorPool, isPool } from './doctor-client.js'
import { type Facts, leftoversOf, readFacts } from './facts.js'
import { type DoctorOptions, type DoctorSettings, resolveDoctorOptions } from './options.js'
import { askOutside } from './outside.js'
import { type DoctorReport, type Examined, makeReport } from './report.js'
import { runCheck } from './run-check.js'

/**
 * Examines a database: schema, row-level security, statistics and settings. Reads only, in one transaction that the
 * server keeps read-only, in which no query takes longer than `queryTimeout` or waits for a lock longer than
 * `lockTimeout`. A check that cannot be made, for want of a privilege, for example, is listed with the reason.
 *
 * @param database a pool, of which one connection is borrowed, or a connection that is in no transaction
 * @throws OptionsError for an unknown or impossible option; nothing was asked
 * @throws HoldfastError `HOLDFAST_DOCTOR` when the connection is inside a transaction. Errors of connecting, and of a
 * connection that is lost, pass through.
 */
export async function doctor(
  database: DoctorClient | DoctorPool,
  options: DoctorOptions = {},
): Promise<DoctorReport> {
  const settings = resolveDoctorOptions(options)
  const checks = chosenChecks(settings)
  if (!isPool(database)) return examine(database, checks, settings)
  const client = await database.connect()
  let close = true
  try {
    const known = { ...factsOfPool(database.options ?? {}), ...settings.client }
    const report = await examine(client, checks, { ...settings, client: known })
    close = false
    return report
  } finally {
    client.release(close)
  }
}

async function examine(
  client: DoctorClient,
  checks: readonly Check[],
  settings: DoctorSettings,
): Promise<DoctorReport> {
  await refuseTransaction(client)
  const leftovers = await leftoversOf(client)
  const outside = await askOutside(settings)
  await client.query('BEGIN TRANSACTION READ ONLY')
  try {
    await client.query(limits(settings))
    const facts = await readFacts(client, { leftovers, outside, client: settings.client, settings })
    return makeReport(facts, await runAll(client, checks, facts))
  } finally {
    await client.query('ROLLBACK').catch(() => {})
  }
}

async function runAll(client: DoctorClient, checks: readonly Check[], facts: Facts): Promise<Examined[]> {
  const examined: Examined[] = []
  for (const check of checks) examined.push({ check, outcome: await runCheck(client, check, facts) })
  return examined
}

/** Our ROLLBACK would undo the caller's work. The time of a transaction stands still, and that shows. */
async function refuseTransaction(client: DoctorClient): Promise<void> {
  const ask = async () => (await client.query('SELECT now()::text AS now')).rows[0]?.now
  const first = await ask()
  if ((await ask()) !== first) return
  throw new HoldfastError(
    'HOLDFAST_DOCTOR',
    'The connection given to the doctor is inside a transaction, which the doctor would end. Nothing was done: commit first, or give a pool.',
  )
}

/** With an empty path every name in the report carries its schema, and nothing of the user's can stand in for ours. */
function limits({ queryTimeout, lockTimeout }: DoctorSettings): string {
  return [
    `SET LOCAL statement_timeout = ${queryTimeout}`,
    `SET LOCAL lock_timeout = ${lockTimeout}`,
    "SET LOCAL idle_in_transaction_session_timeout = '60s'",
    "SET LOCAL application_name = 'holdfast doctor'",
    'SET LOCAL search_path = pg_catalog',
    'SET LOCAL jit = off',
    // The parts of the catalogue have no statistics, and loops over them are quadratic in the number of tables.
    'SET LOCAL enable_nestloop = off',
    'SET LOCAL max_parallel_workers_per_gather = 0',
  ].join('; ')
}

function chosenChecks({ only, ignore }: DoctorSettings): readonly Check[] {
  const wanted = only?.flatMap(word => checksNamed(word, 'only'))
  const unwanted = ignore.filter(word => !word.includes(':')).flatMap(word => checksNamed(word, 'ignore'))
  return CHECKS.filter(check => (wanted?.includes(check) ?? true) && !unwanted.includes(check))
}

function checksNamed(word: string, path: string): readonly Check[] {
  const lower = word.toLowerCase()
  const named = CHECKS.filter(({ id, name, category }) => [id.toLowerCase(), name, category].includes(lower))
  if (named.length > 0) return named
  throw new OptionsError(path, 'ids, names or categories of checks', 'a word that names none')
}
