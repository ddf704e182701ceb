import { type Command, optionsOf } from './command.js'
import { UsageError } from './usage-error.js'

/** What one place on the command line can be completed to. */
interface Place {
  /** The words before it: ``, `migrate`, `migrate up`. */
  readonly after: string
  readonly words: readonly string[]
}

/** What a script is made of. */
interface Completions {
  readonly places: readonly Place[]
  /** The options after which a value stands. */
  readonly withValue: readonly string[]
}

const WRITERS: Readonly<Record<string, (completions: Completions) => string>> = { bash, zsh, fish }

/** The shells that {@link completionScript} knows. */
export const SHELLS: readonly string[] = Object.keys(WRITERS)

/**
 * A script that tells a shell which words can follow which.
 *
 * @throws UsageError for a shell that it does not know
 */
export function completionScript(shell: string | undefined, commands: readonly Command[]): string {
  const write = shell === undefined ? undefined : WRITERS[shell]
  if (write === undefined) throw new UsageError(`Which shell? Expected one of ${SHELLS.join(', ')}.`)
  const options = commands.flatMap(optionsOf).filter(({ value }) => value !== undefined)
  return write({
    places: placesOf(commands),
    withValue: [...new Set(options.map(({ name }) => `--${name}`))],
  })
}

/** Every place where something can stand, the longest first. */
function placesOf(commands: readonly Command[]): readonly Place[] {
  const places = commands.map(command => ({
    after: command.name,
    words: [...(command.argumentWords ?? []), ...optionsOf(command).map(({ name }) => `--${name}`)],
  }))
  const groups = [...new Set(commands.flatMap(({ name }) => (name.includes(' ') ? name.split(' ', 1) : [])))]
  const inGroups = groups.map(group => ({
    after: group,
    words: commands.flatMap(({ name }) =>
      name.startsWith(`${group} `) ? [name.slice(group.length + 1)] : [],
    ),
  }))
  const first = [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
  return [...places, ...inGroups, { after: '', words: [...first, 'help', '--help', '--version'] }]
}

function bash({ places, withValue }: Completions): string {
  return `_holdfast() {
  local typed="\${COMP_WORDS[*]:1:COMP_CWORD-1}" word="\${COMP_WORDS[COMP_CWORD]}" choices
  case "$typed" in
${cases(places)}
  esac
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
    ${withValue.join('|')}) COMPREPLY=($(compgen -f -- "$word")) ;;
    *) COMPREPLY=($(compgen -W "$choices" -- "$word")) ;;
  esac
}
complete -o default -F _holdfast holdfast`
}

function zsh({ places, withValue }: Completions): string {
  return `_holdfast() {
  local typed="\${(j: :)words[2,CURRENT-1]}" choices
  case "$typed" in
${cases(places)}
  esac
  case "\${words[CURRENT-1]}" in
    ${withValue.join('|')}) _files ;;
    *) compadd -- \${(z)choices} ;;
  esac
}
compdef _holdfast holdfast`
}

function cases(places: readonly Place[]): string {
  return places
    .map(({ after, words }) => {
      const pattern = after === '' ? '""' : `"${after}"|"${after} "*`
      return `    ${pattern}) choices="${words.join(' ')}" ;;`
    })
    .join('\n')
}

function fish({ places }: Completions): string {
  const lines = places.map(({ after, words }) => {
    const condition =
      after === '' ? '__holdfast_typed 0' : `__holdfast_typed ${after.split(' ').length} ${after}`
    return `complete -c holdfast -f -n '${condition}' -a '${words.join(' ')}'`
  })
  return `function __holdfast_typed
  set -l typed (commandline -opc)[2..-1]
  set -l length $argv[1]
  if test $length -eq 0
    test (count $typed) -eq 0
  else if test (count $typed) -lt $length
    false
  else
    test "$typed[1..$length]" = "$argv[2..-1]"
  end
end
${lines.join('\n')}`
}
