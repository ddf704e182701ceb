import { type Command, type CommandOption, optionsOf } from './command.js'
import type { Output } from './output.js'

const EXIT_CODES = [
  ['0', 'done, and all is well'],
  ['1', 'done, and something is wrong, or it failed'],
  ['2', 'not done: typed wrongly, configured wrongly, or the server cannot be reached'],
] as const

/** The help of the whole command line, or of the commands of one group. */
export function printOverview(output: Output, commands: readonly Command[], group?: string): void {
  const prefix = group === undefined ? 'holdfast' : `holdfast ${group}`
  output.line(`${output.paint('bold', 'Usage:')} ${prefix} <command> [options]`)
  section(
    output,
    'Commands',
    commands.map(({ name, summary }) => [name, summary] as const),
  )
  const general = [
    ['holdfast <command> --help', 'all about one command'],
    ['holdfast --version', 'the version'],
  ] as const
  section(output, 'Also', general)
  section(output, 'Exit codes', EXIT_CODES)
}

/** The help of one command. */
export function printHelp(output: Output, command: Command): void {
  output.line(`${command.summary}.`)
  output.line()
  output.line(`${output.paint('bold', 'Usage:')} holdfast ${command.name} ${command.usage}`.trimEnd())
  if (command.about !== undefined) output.line(`\n${command.about}`)
  section(
    output,
    'Options',
    optionsOf(command).map(option => [spelling(option), option.about] as const),
  )
  section(
    output,
    'Examples',
    command.examples.map(({ line, about }) => [line, about] as const),
  )
  section(output, 'Exit codes', EXIT_CODES)
}

/** An option as it is typed: `-h, --help`, `--dir DIR`. */
export function spelling({ name, short, value, words }: CommandOption): string {
  const placeholder = words?.join('|') ?? value
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${placeholder}`}`
}

function section(output: Output, title: string, rows: readonly (readonly [string, string])[]): void {
  if (rows.length === 0) return
  const width = Math.max(...rows.map(([left]) => left.length))
  output.line(`\n${output.paint('bold', `${title}:`)}`)
  for (const [left, right] of rows) output.line(`  ${left.padEnd(width)}  ${output.paint('dim', right)}`)
}
