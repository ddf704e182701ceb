import { DigisError } from '../digis-error.js'
import type { HardeningClient } from './hardening-client.js'
import { readProcedures, readTarget } from './hardening-files.js'

/** How an existing database is brought to the schema of DIGIS. */
export interface HardeningOptions {
  /**
   * Whether rows that break a rule are mended, or moved with what refers to them; each is kept as it was in
   * `digis_quarantine.rows`. Default: false, they are only reported.
   */
  readonly quarantine?: boolean
  /** The zone of times that were stored without one. Default: `'UTC'`. */
  readonly timeZone?: string
  /** Called before each statement that changes something. */
  readonly onStatement?: (statement: string) => void
}

/** Rows that broke a rule when it was looked at. */
export interface Finding {
  readonly table: string
  /** The constraint, or `nn_<column>` for a column that must not be empty. */
  readonly rule: string
  readonly rows: number
  /** At most five of their keys. */
  readonly samples: readonly string[]
}

/** What {@link harden} did. */
export interface HardeningResult {
  readonly findings: readonly Finding[]
  /** Equal for equal schemas. */
  readonly fingerprint: string
}

/**
 * Brings an existing schema to that of the migrations, under load: what is missing is planned from the catalogue part
 * by part, so that a run goes on where the last one was ended. The session must have nothing else to do afterwards.
 *
 * @throws DigisError `DIGIS_DIRTY_ROWS` when rows keep a rule from being enforced; all the rest was done
 */
export async function harden(
  session: HardeningClient,
  options: HardeningOptions = {},
): Promise<HardeningResult> {
  await prepare(session, options)
  for (const plan of await plans(session)) await carryOut(session, plan, options)
  const [row] = await session.run('SELECT digis_hardening.shortfall() AS shortfall')
  const findings = await findingsOf(session)
  if (typeof row?.shortfall === 'string') throw dirtyRows(row.shortfall, findings)
  const [end] = await session.run('SELECT digis_hardening.finish() AS fingerprint')
  return { findings, fingerprint: String(end?.fingerprint) }
}

async function prepare(session: HardeningClient, { quarantine, timeZone }: HardeningOptions): Promise<void> {
  const [row] = await session.run('SELECT current_schema() AS live')
  await session.run(
    'SET search_path = pg_catalog; SET check_function_bodies = off; SET statement_timeout = 0',
  )
  // Compiling the many short plans would take longer than running them.
  await session.run(
    'SET client_min_messages = warning; SET idle_in_transaction_session_timeout = 0; SET jit = off',
  )
  for (const { text } of await readProcedures()) await session.run(text)
  const values = [row?.live, quarantine === true, timeZone ?? 'UTC']
  await session.run('SELECT digis_hardening.start($1, $2, $3)', values)
  await session.run('DROP SCHEMA IF EXISTS digis_target CASCADE')
  await session.run('CREATE SCHEMA digis_target; SET search_path = digis_target')
  for (const { text } of await readTarget()) await session.run(text)
  await session.run('SET search_path = pg_catalog')
}

/** Each is a function that returns statements; their names give the order. */
async function plans(session: HardeningClient): Promise<string[]> {
  const rows = await session.run(
    `SELECT proname AS name FROM pg_proc
      WHERE pronamespace = 'digis_hardening'::regnamespace AND proname LIKE 'plan\\_%' ORDER BY proname COLLATE "C"`,
  )
  return rows.map(row => String(row.name))
}

async function carryOut(session: HardeningClient, plan: string, options: HardeningOptions): Promise<void> {
  const rows = await session.run(`SELECT statement FROM digis_hardening.${plan}() AS statement`)
  for (const { statement } of rows) {
    options.onStatement?.(String(statement))
    // One at a time and alone: some of them end transactions of their own, or build an index beside the load.
    await session.run(String(statement))
  }
}

async function findingsOf(session: HardeningClient): Promise<Finding[]> {
  const rows = await session.run(
    `SELECT table_name AS table, rule, offending_rows::int AS rows, samples FROM digis_quarantine.findings
      ORDER BY table_name, rule`,
  )
  return rows as unknown as Finding[]
}

function dirtyRows(shortfall: string, findings: readonly Finding[]): DigisError {
  const rows = findings.map(({ table, rule, rows }) => `${table}: ${rows} of ${rule}`).join('; ')
  return new DigisError(
    'DIGIS_DIRTY_ROWS',
    'configuration',
    `Rows keep the schema from being complete (${rows}). Still missing: ${shortfall}. Everything else was done. ` +
      'Mend the rows, whose keys are in digis_quarantine.findings, or have them mended with quarantine: true; then start again.',
  )
}
