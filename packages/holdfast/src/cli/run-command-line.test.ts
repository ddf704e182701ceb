import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { COMMANDS } from './command-table.js'
import { runCommandLine } from './run-command-line.js'
import { version } from './version.js'

const DIGIS = join(import.meta.dirname, '../../../digis/migrations')

interface Printed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line with no database in reach. */
async function typed(line: string, { terminal = false, env = {} } = {}): Promise<Printed> {
  const printed = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: terminal,
    write: (text: string) => {
      printed[name] += text
    },
  })
  const words = line.split(' ').filter(word => word !== '')
  const code = await runCommandLine(words, { stdout: stream('stdout'), stderr: stream('stderr'), env })
  return { code, ...printed }
}

describe('help', () => {
  test.each(['--help', '-h', 'help'])('%s lists every command and the exit codes', async line => {
    const { code, stdout, stderr } = await typed(line)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const { name, summary } of COMMANDS)
      expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}$`, 'm'))
    expect(stdout).toContain('Exit codes:')
  })

  test('without any command is shown, too, but nothing was done', async () => {
    expect(await typed('')).toMatchObject({ code: 2, stdout: expect.stringContaining('Commands:') })
    expect(await typed('migrate')).toMatchObject({ code: 2, stdout: expect.stringContaining('migrate up') })
    expect(await typed('migrate --help')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('migrate up'),
    })
  })

  test.each(COMMANDS.map(({ name }) => name))('%s has its own, with options and examples', async name => {
    const command = COMMANDS.find(each => each.name === name)
    for (const line of [`${name} --help`, `${name} -h`, `help ${name}`]) {
      const { code, stdout } = await typed(line)
      expect(code).toBe(0)
      expect(stdout).toContain(`Usage: holdfast ${name}`)
      for (const option of command?.options ?? []) expect(stdout).toContain(`--${option.name}`)
      for (const example of command?.examples ?? []) expect(stdout).toContain(example.line)
    }
  })

  test('the version is that of the package', async () => {
    expect(await typed('--version')).toEqual({ code: 0, stdout: `${version()}\n`, stderr: '' })
    expect(JSON.parse((await typed('--version --json')).stdout)).toEqual({ version: version() })
  })
})

describe('what is typed wrongly is told with what was probably meant, and nothing is done:', () => {
  test.each([
    ['migrat', 'Unknown command "migrat"; did you mean "migrate"?'],
    ['migrate pu', 'Unknown command "migrate pu"; did you mean "up"?'],
    ['zzz', 'Unknown command "zzz".'],
    ['--verison', 'Unknown option "--verison"; did you mean "--version"?'],
    ['migrate up --dri x', 'Unknown option "--dri"; did you mean "--dir"?'],
    ['migrate up -x', 'Unknown option "-x".'],
    ['migrate up --dir', '--dir needs a value: DIR.'],
    ['migrate up --dir --trace', '--dir needs a value: DIR.'],
    ['migrate up --url p4ss', 'The address of the database is none: expected postgres://user@host/database.'],
    [
      'migrate up --url http://u:p4ss@h/d',
      'The address of the database is none: expected postgres://user@host/database.',
    ],
    ['migrate up --dir=', '--dir needs a value: DIR.'],
    ['migrate up --trace=yes', '--trace takes no value.'],
    ['migrate up --dir a --dir b', '--dir was given more than once.'],
    ['migrate up now', 'Unexpected word "now".'],
    [
      'migrate repair --only drfit',
      '--only must be one of changed, renamed, failed, unfinished, drift, given "drfit"; did you mean "drift"?',
    ],
    [
      'migrate repair --only drift,x',
      '--only must be one of changed, renamed, failed, unfinished, drift, given "x".',
    ],
    ['completion bas', 'Expected one of bash, zsh, fish, given "bas"; did you mean "bash"?'],
    ['completion', 'Which shell? Expected one of bash, zsh, fish.'],
    ['migrate up', 'Which database? Set DATABASE_URL, or give --url postgres://user@host/database.'],
    ['migrate up --url postgres://h/d --attempts 0', '--attempts must be a whole number from 1, given "0".'],
    ['migrate baseline --url postgres://h/d', '--to must be the number of a file, such as 0004.'],
    [
      'migrate baseline --url postgres://h/d --to 0x4',
      '--to must be the number of a file, such as 0004, given "0x4".',
    ],
  ])('%s', async (line, message) => {
    const { code, stdout, stderr } = await typed(line)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr.split('\n')[0]).toBe(`error: ${message}`)
  })

  test('with --json the error is the one object on standard output', async () => {
    const { code, stdout, stderr } = await typed('migrate pu --json')
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
    expect(JSON.parse(stdout)).toEqual({
      ok: false,
      error: { name: 'UsageError', message: 'Unknown command "migrate pu"; did you mean "up"?' },
    })
  })
})

test.each([
  ['nobody listens', 'postgres://u:p4ss@127.0.0.1:1/d'],
  ['the URL is broken', 'postgres://u:p4ss@[/d'],
])('when %s the exit code is 2, and the password is not shown', async (_, url) => {
  const { code, stdout, stderr } = await typed(`migrate status --url ${url} --dir ${DIGIS}`)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^error: ./)
  expect(stderr).not.toContain('p4ss')
})

describe('colours', () => {
  const colour = '\u001B['

  test('are used on a terminal', async () => {
    expect((await typed('--help', { terminal: true })).stdout).toContain(colour)
  })

  test.each([
    ['elsewhere', '--help', {}],
    ['with NO_COLOR', '--help', { terminal: true, env: { NO_COLOR: '1' } }],
    ['with --no-color', '--help --no-color', { terminal: true }],
    ['on a terminal that cannot show them', '--help', { terminal: true, env: { TERM: 'dumb' } }],
  ])('are not used %s', async (_, line, surroundings) => {
    expect((await typed(line, surroundings)).stdout).not.toContain(colour)
  })
})
