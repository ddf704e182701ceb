import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('coherence.mjs', import.meta.url))

test.each([
  [['--subject', 'others'], '--subject is one of holdfast, naive, none'],
  [['--faults', 'flood'], 'No such fault: flood'],
  [['--minutes', 'some'], '--minutes is a number above 0, given "some"'],
  [['--processes', '1.5'], '--processes is a whole number, given "1.5"'],
])('%j is refused with what was expected, and nothing runs', (args, problem) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain(problem)
  expect(stderr).toContain('npm run check:coherence')
})
