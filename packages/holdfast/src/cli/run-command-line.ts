import { type Command, type CommandContext, type ExitCode, GLOBAL_OPTIONS } from './command.js'
import { COMMANDS } from './command-table.js'
import { printHelp, printOverview } from './help.js'
import { suggestion } from './nearest-word.js'
import { Output, type OutputStreams } from './output.js'
import { parseWords } from './parse-command-line.js'
import { reportError } from './report-error.js'
import { UsageError } from './usage-error.js'
import { version } from './version.js'

/**
 * Runs one command line.
 *
 * @param words what was typed after `holdfast`
 * @returns the exit code; every error has been told
 */
export async function runCommandLine(words: readonly string[], streams: OutputStreams): Promise<ExitCode> {
  const output = new Output(streams, { json: words.includes('--json'), plain: words.includes('--no-color') })
  try {
    return await dispatch(words, output, streams.env)
  } catch (error) {
    return reportError(output, error)
  }
}

async function dispatch(
  words: readonly string[],
  output: Output,
  env: CommandContext['env'],
): Promise<ExitCode> {
  const [first] = words
  if (first === '--version' || first === '-V') return printVersion(output)
  if (first === 'help') return dispatch([...words.slice(1), '--help'], output, env)
  const command = commandOf(words)
  if (command === undefined) return overview(words, output)
  const parsed = parseWords(command, words.slice(command.name.split(' ').length))
  if (parsed.options.flag('help')) {
    printHelp(output, command)
    return 0
  }
  return command.run({ ...parsed, output, env, commands: COMMANDS })
}

function commandOf(words: readonly string[]): Command | undefined {
  const typed = [words.slice(0, 2).join(' '), words[0]]
  return COMMANDS.find(({ name }) => typed.includes(name))
}

/** Who names no command is shown which there are; who names one that does not exist made a mistake. */
function overview(words: readonly string[], output: Output): ExitCode {
  const flags = GLOBAL_OPTIONS.flatMap(({ name, short }) => [`--${name}`, `-${short}`])
  const [first = '', second = ''] = words.filter(word => !flags.includes(word))
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `))
  if (first === '') {
    printOverview(output, COMMANDS)
    return words.some(word => word === '--help' || word === '-h') ? 0 : 2
  }
  if (group.length > 0 && second === '') {
    printOverview(output, group, first)
    return words.some(word => word === '--help' || word === '-h') ? 0 : 2
  }
  throw unknownCommand(first, group.length > 0 ? second : undefined)
}

function unknownCommand(first: string, second?: string): UsageError {
  if (first.startsWith('-')) {
    const names = [...GLOBAL_OPTIONS.map(({ name }) => `--${name}`), '--version']
    return new UsageError(`Unknown option "${first}"${suggestion(first, names)}`)
  }
  if (second === undefined) {
    const names = [...new Set(COMMANDS.map(({ name }) => name.split(' ')[0] ?? '')), 'help']
    return new UsageError(`Unknown command "${first}"${suggestion(first, names)}`)
  }
  const names = COMMANDS.flatMap(({ name }) =>
    name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : [],
  )
  return new UsageError(`Unknown command "${first} ${second}"${suggestion(second, names)}`)
}

function printVersion(output: Output): ExitCode {
  if (output.json) output.object({ version: version() })
  else output.line(version())
  return 0
}
