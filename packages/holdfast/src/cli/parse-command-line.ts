import { parseArgs } from 'node:util'
import { type Command, type CommandOption, optionsOf } from './command.js'
import { suggestion } from './nearest-word.js'
import { OptionValues } from './option-values.js'
import { UsageError } from './usage-error.js'

/** The options and the other words that follow a command. */
export interface ParsedWords {
  readonly options: OptionValues
  readonly arguments: readonly string[]
}

/**
 * Reads what follows the name of a command.
 *
 * @throws UsageError for an option that it does not have, a value that is missing or not taken, or a word too many
 */
export function parseWords(command: Command, words: readonly string[]): ParsedWords {
  const known = optionsOf(command)
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(known.map(option => [option.name, parserOption(option)])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values = new Map<string, (string | true)[]>()
  const rest: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') rest.push(token.value)
    if (token.kind !== 'option') continue
    const value = checkOption(known, token)
    values.set(token.name, [...(values.get(token.name) ?? []), value])
  }
  refuseRepetition(known, values)
  // Who asks for the help of a command need not know its arguments.
  if (!values.has('help')) checkArguments(command, rest)
  return { options: new OptionValues(values), arguments: rest }
}

function parserOption({ value, short, many }: CommandOption) {
  return {
    type: value === undefined ? ('boolean' as const) : ('string' as const),
    ...(short !== undefined && { short }),
    ...(many && { multiple: true }),
  }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function checkOption(known: readonly CommandOption[], token: OptionToken): string | true {
  const option = known.find(({ name }) => name === token.name)
  if (option === undefined) {
    const names = known.map(({ name }) => `--${name}`)
    throw new UsageError(`Unknown option "${token.rawName}"${suggestion(token.rawName, names)}`)
  }
  if (option.value === undefined) {
    if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`)
    return true
  }
  const { value } = token
  // What begins with a dash is the next option, unless it was written as --name=-value.
  if (value === undefined || value === '' || (value.startsWith('-') && token.inlineValue !== true)) {
    throw new UsageError(`${token.rawName} needs a value: ${option.words?.join(', ') ?? option.value}.`)
  }
  refuseOtherWords(token.rawName, option, value)
  return value
}

function refuseOtherWords(name: string, { words, many }: CommandOption, value: string): void {
  if (words === undefined) return
  const other = (many ? value.split(',') : [value]).find(word => !words.includes(word))
  if (other === undefined) return
  throw new UsageError(
    `${name} must be one of ${words.join(', ')}, given "${other}"${suggestion(other, words)}`,
  )
}

function refuseRepetition(
  known: readonly CommandOption[],
  values: ReadonlyMap<string, readonly unknown[]>,
): void {
  const twice = known.find(
    ({ name, value, many }) => value !== undefined && !many && (values.get(name)?.length ?? 0) > 1,
  )
  if (twice !== undefined) throw new UsageError(`--${twice.name} was given more than once.`)
}

function checkArguments({ maxArguments = 0, argumentWords }: Command, words: readonly string[]): void {
  const extra = words[maxArguments]
  if (extra !== undefined) throw new UsageError(`Unexpected word "${extra}".`)
  const other = argumentWords && words.find(word => !argumentWords.includes(word))
  if (other === undefined || argumentWords === undefined) return
  throw new UsageError(
    `Expected one of ${argumentWords.join(', ')}, given "${other}"${suggestion(other, argumentWords)}`,
  )
}
