import { type Check, everyRow, type Problem, type Row } from './check.js'
import type { DoctorClient } from './doctor-client.js'
import type { Facts } from './facts.js'

/** What came of one check. */
export type Outcome =
  | { readonly problems: readonly Problem[]; readonly millis: number }
  | { readonly skipped: string; readonly millis: number }

/**
 * Runs one check inside the doctor's transaction. Whatever its queries run into is undone and told as the reason why
 * the check was skipped.
 *
 * @throws whatever the connection throws when it is lost
 */
export async function runCheck(client: DoctorClient, check: Check, facts: Facts): Promise<Outcome> {
  const reason = reasonToSkip(check, facts)
  if (reason !== undefined) return { skipped: reason, millis: 0 }
  const started = performance.now()
  const outcome = await attempt(client, check, facts)
  return { ...outcome, millis: Math.round((performance.now() - started) * 10) / 10 }
}

function reasonToSkip(check: Check, facts: Facts): string | undefined {
  if (facts.major < (check.since ?? 0)) return `it needs PostgreSQL ${check.since} or newer`
  return (check.usage ? tooYoung(facts) : undefined) ?? check.skip?.(facts)
}

/** The statistics of a morning call every index unused. */
function tooYoung({ statisticsDays, settings }: Facts): string | undefined {
  if (settings.statisticsDays === 0) return undefined
  const needed = `it needs statistics of ${settings.statisticsDays} days`
  if (statisticsDays === undefined) return `${needed}, and the server does not know how old they are`
  if (statisticsDays >= settings.statisticsDays) return undefined
  return `${needed}, and they are ${statisticsDays.toFixed(1)} days old`
}

async function attempt(client: DoctorClient, check: Check, facts: Facts) {
  await client.query('SAVEPOINT check_begins')
  try {
    const rows = await ask(client, check, facts)
    return { problems: (check.judge ?? everyRow)(rows, facts) }
  } catch (error) {
    const reason = reasonOf(error, facts)
    if (reason === undefined) throw error
    await client.query('ROLLBACK TO SAVEPOINT check_begins')
    return { skipped: reason }
  } finally {
    await client.query('RELEASE SAVEPOINT check_begins').catch(() => {})
  }
}

async function ask(client: DoctorClient, check: Check, facts: Facts): Promise<readonly Row[]> {
  if (check.query === undefined) return []
  const query = typeof check.query === 'string' ? check.query : check.query(facts)
  const rows = await rowsOf(client, query, facts)
  if (check.further === undefined) return rows
  const found: Row[] = []
  for (const text of check.further(rows)) found.push(...(await rowsOf(client, text, facts)))
  return found
}

async function rowsOf(client: DoctorClient, text: string, { schemas }: Facts): Promise<Row[]> {
  const scope = text.includes('$1') ? [`{${[...schemas.values()].join(',')}}`] : undefined
  const { rows } = await client.query(text, scope)
  return rows as Row[]
}

const REASONS: Readonly<Record<string, (facts: Facts) => string>> = {
  '42501': ({ user }) => `the role "${user}" may not read what it needs`,
  '57014': ({ settings }) => `a query took longer than ${settings.queryTimeout} ms`,
  '55P03': ({ settings }) => `a query waited longer than ${settings.lockTimeout} ms for a lock`,
}

/** @returns nothing for an error that is not the server's answer to a query: the connection is gone */
function reasonOf(error: unknown, facts: Facts): string | undefined {
  const { code, severity, message } = error as { code?: unknown; severity?: unknown; message?: unknown }
  if (severity !== 'ERROR' || typeof code !== 'string') return undefined
  return REASONS[code]?.(facts) ?? `the server answered: ${String(message)} (SQLSTATE ${code})`
}
