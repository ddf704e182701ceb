import { type DescribedCheck, DOCTOR_CHECKS, explainCheck } from '../../index.js'
import type { Command, CommandContext, ExitCode } from '../command.js'
import { suggestion } from '../nearest-word.js'
import { UsageError } from '../usage-error.js'

/** `holdfast doctor explain`. */
export const doctorExplain: Command = {
  name: 'doctor explain',
  summary: 'Say why a check of the doctor matters and when it may be left; without an id, list all',
  usage: '[id]',
  maxArguments: 1,
  options: [],
  examples: [
    { line: 'holdfast doctor explain I01', about: 'by id' },
    { line: 'holdfast doctor explain unused_index', about: 'by name' },
  ],
  async run(context) {
    const [given] = context.arguments
    return given === undefined ? listAll(context) : explainOne(context, given)
  },
}

function listAll({ output }: CommandContext): ExitCode {
  if (output.json) output.object({ checks: DOCTOR_CHECKS })
  else {
    const rows = DOCTOR_CHECKS.map(({ id, severity, category, name, title }) => [
      id,
      severity,
      category,
      name,
      title,
    ])
    output.table([['id', 'severity', 'category', 'name', 'what'], ...rows])
  }
  return 0
}

function explainOne({ output }: CommandContext, given: string): ExitCode {
  const check = explainCheck(given)
  if (check === undefined) {
    const words = DOCTOR_CHECKS.flatMap(({ id, name }) => [id, name])
    throw new UsageError(`There is no check "${given}"${suggestion(given, words)}`)
  }
  if (output.json) output.object(check)
  else for (const line of linesOf(check)) output.line(line)
  return 0
}

function linesOf({ id, name, title, severity, category, explain, since, usage }: DescribedCheck): string[] {
  return [
    `${id} ${name} (${category}, ${severity})`,
    '',
    `${title}.`,
    explain,
    ...(since === undefined ? [] : [`It needs PostgreSQL ${since} or newer.`]),
    ...(usage ? ['It judges statistics, and is skipped while they are younger than a week.'] : []),
  ]
}
