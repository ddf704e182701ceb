import type { OptionValues } from './option-values.js'
import type { Output } from './output.js'

/** One option of a command: a flag, or with `value` one that takes a text. */
export interface CommandOption {
  /** Without the dashes: `fail-on`. */
  readonly name: string
  /** One letter, for `-h`. */
  readonly short?: string
  /** What stands for the value in the help: `DIR`. Absent: a flag. */
  readonly value?: string
  /** The only values that are taken. */
  readonly words?: readonly string[]
  /** Whether it may be given more than once. */
  readonly many?: boolean
  /** What it does and its default, in one sentence without the full stop. */
  readonly about: string
}

/** A line that a person can type, and what it does. */
export interface CommandExample {
  readonly line: string
  readonly about: string
}

/** What a command is given to work with. */
export interface CommandContext {
  /** The words after the command that are no options. */
  readonly arguments: readonly string[]
  readonly options: OptionValues
  readonly output: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Every command there is. */
  readonly commands: readonly Command[]
}

/** A command of the command line: one entry of the command table. */
export interface Command {
  /** One word, or two for one of a group: `migrate up`. */
  readonly name: string
  /** What it does, in one sentence without the full stop. */
  readonly summary: string
  /** What follows the name: `[options] [url]`. */
  readonly usage: string
  /** More about it, in the help below the usage. */
  readonly about?: string
  /** How many words it takes besides options; default none. */
  readonly maxArguments?: number
  /** The only such words that are taken. */
  readonly argumentWords?: readonly string[]
  /** Its own options; those of all commands are added. */
  readonly options: readonly CommandOption[]
  readonly examples: readonly CommandExample[]
  /** Does it. What it throws is told as an error. @returns the exit code */
  run(context: CommandContext): Promise<ExitCode>
}

/** 0: done, and all is well. 1: done, and something is wrong or has failed. 2: not done: asked for wrongly, or out of reach. */
export type ExitCode = 0 | 1 | 2

/** What every command takes. */
export const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { name: 'json', about: 'print one JSON object on standard output, and nothing else there' },
  { name: 'no-color', about: 'no colours; they are used on a terminal only, and never with NO_COLOR set' },
  { name: 'help', short: 'h', about: 'print this help' },
]

/** All options that a command takes. */
export function optionsOf(command: Command): readonly CommandOption[] {
  return [...command.options, ...GLOBAL_OPTIONS]
}
