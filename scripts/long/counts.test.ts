import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('counts.mjs', import.meta.url))

test.each([['--cals'], ['--calls=none'], ['--calls=0'], ['--seed=x']])(
  '%s is refused before anything runs',
  option => {
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, option], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('Expected only: --calls N, --seed S, --json.'),
    })
  },
)
