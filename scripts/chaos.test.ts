import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ALL_CASES, parseChaos } from './chaos/options.mjs'

const COMMAND = fileURLToPath(new URL('chaos.mjs', import.meta.url))

test.each([
  [['flood'], 'Expected cases among '],
  [['--only', 'flood'], 'given "flood"'],
  [['--seed', 'x'], '--seed: expected a whole number, given "x"'],
  [['--seed', '-1'], '--seed'],
  [['--minutes', '0'], '--minutes: expected a number above 0 and at most 1440, given "0"'],
  [['--minutes', '1e9'], 'given "1e9"'],
  [['--qick'], "Unknown option '--qick'"],
])('%j is refused with what was expected, and nothing runs', (args, problem) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(problem)
  expect(stderr).toContain('npm run chaos')
})

test('without names every case runs but the soak, which takes as long as one wants', () => {
  expect(parseChaos(['--seed', '7'])).toEqual({
    options: {
      cases: ALL_CASES.filter(name => name !== 'soak'),
      seed: 7,
      minutes: undefined,
      quick: false,
      json: false,
    },
  })
})

test('cases run once, by whatever way they are named', () => {
  expect(parseChaos(['storm', 'restart', '--only', 'restart'])).toMatchObject({
    options: { cases: ['restart', 'storm'] },
  })
})
