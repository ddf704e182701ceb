import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readSearch } from './spin.mjs'

const COMMAND = fileURLToPath(new URL('model.mjs', import.meta.url))

function runModel(args: string[], path = process.env.PATH) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  })
  return { status, stdout, stderr }
}

test('without Spin it says what to install, and fails', () => {
  expect(runModel(['--json'], '/nowhere')).toEqual({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^There is no spin on the PATH\..*apt-get install spin gcc/),
  })
})

test('an unknown option is refused before anything runs', () => {
  const { status, stderr } = runModel(['--qick'])
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining('Expected only: --json, --quick.'),
  })
})

test('a search that saw every state and no error is complete', () => {
  const output = 'State-vector 68 byte, depth reached 23856, errors: 0\n 20208625 states, stored\n'
  expect(readSearch(output)).toEqual({ violated: false, complete: true, states: 20_208_625 })
})

test('a number of states in scientific notation is read', () => {
  expect(readSearch('errors: 0\n 1.234e+08 states, stored\n').states).toBe(123_400_000)
})

test('a violated assertion is told from a state in which nobody can go on', () => {
  const counts = 'errors: 1\n 12 states, stored\n'
  expect(readSearch(`pan:1: assertion violated x (at depth 4)\n${counts}`).violated).toBe(true)
  expect(readSearch(`pan:1: invalid end state (at depth 4)\n${counts}`)).toEqual({
    violated: false,
    complete: false,
    states: 12,
  })
})

test.each([
  ['memory', 'Warning: Search not completed\n'],
  ['depth', 'error: max search depth too small\n'],
])('a search that ran out of %s is not complete', (_, warning) => {
  expect(readSearch(`${warning}errors: 0\n 12 states, stored\n`).complete).toBe(false)
})

test('output without a result is an error', () => {
  expect(() => readSearch('Segmentation fault')).toThrow('The search ended without a result')
})
