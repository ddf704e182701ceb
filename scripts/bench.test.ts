import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('bench.mjs', import.meta.url))

test.each([
  ['without a name', []],
  ['with an unknown name', ['pol']],
])('%s the benchmarks that exist are named, and nothing runs', (_, args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' })
  const given = args[0] === undefined ? 'nothing' : '"pol"'
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(new RegExp(`^Expected a benchmark: .*pool.* Given: ${given}\\.\n$`)),
  })
})
