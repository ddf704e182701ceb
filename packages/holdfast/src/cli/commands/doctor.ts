import {
  type DoctorOptions,
  type DoctorReport,
  doctor as examine,
  exitCodeOf,
  formatReport,
  type Pool,
  type ReportFormat,
  type Severity,
} from '../../index.js'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { DATABASE_OPTIONS, withPool } from '../database-options.js'
import { baselineOf, keepBaseline } from '../doctor-baseline.js'
import { DOCTOR_OPTIONS, doctorOptions } from '../doctor-options.js'
import { reportError } from '../report-error.js'
import { writeResult } from '../write-result.js'

/** `holdfast doctor`. */
export const doctor: Command = {
  name: 'doctor',
  summary:
    'Examine a database: schema, security, indexes, settings; read-only, for any PostgreSQL from 13 on',
  usage: '[options] [url]',
  about: `Reads in one transaction that the server keeps read-only, with a second for each query: safe on a production
server. Each finding comes with the SQL that mends it, which is never run. Exit code 1 means findings as bad as
--fail-on says, 2 that the database could not be examined.`,
  maxArguments: 1,
  options: [...DATABASE_OPTIONS, ...DOCTOR_OPTIONS],
  examples: [
    { line: 'holdfast doctor', about: 'the database of DATABASE_URL' },
    { line: 'holdfast doctor --only security --fail-on warning', about: 'one category, strictly' },
    {
      line: 'holdfast doctor --baseline doctor.json --update-baseline',
      about: 'accept what is there; then fail on what is new',
    },
    { line: 'holdfast doctor --format sarif --output doctor.sarif', about: 'for a code scanning service' },
    { line: 'holdfast doctor explain I01', about: 'why a check matters' },
  ],
  async run(context) {
    const [connectionString] = context.arguments
    // Two: the migrations are looked at over another connection than the one that is examined.
    const options = { max: 2, ...(connectionString && { connectionString }) }
    try {
      return await withPool(context, options, pool => report(context, pool))
    } catch (error) {
      reportError(context.output, error)
      return 2
    }
  },
}

async function report(context: CommandContext, pool: Pool): Promise<ExitCode> {
  const { options, output } = context
  const result = await examineWith(pool, {
    ...doctorOptions(context, pool),
    baseline: await baselineOf(context),
  })
  const format = (output.json ? 'json' : options.text('format')) as ReportFormat | undefined
  const colour = options.text('output') === undefined && output.paint('red', '') !== ''
  await writeResult(
    context,
    formatReport(result, format ?? 'text', { colour, skipped: options.flag('verbose') }),
  )
  if (await keepBaseline(context, result)) return 0
  return exitCodeOf(result, (options.text('fail-on') ?? 'error') as Severity)
}

/** Over one connection, because the options of this pool are not those of the program that uses the database. */
async function examineWith(pool: Pool, options: DoctorOptions): Promise<DoctorReport> {
  const client = await pool.connect()
  try {
    return await examine(client, options)
  } finally {
    client.release()
  }
}
