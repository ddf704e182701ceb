import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('hardening.mjs', import.meta.url))

test.each([['--sesions=5'], ['--sessions=many'], ['--kills=-1'], ['--pause=soon'], ['--seed=']])(
  '%s is refused before anything runs',
  option => {
    const { status, stderr } = spawnSync(process.execPath, [COMMAND, option], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: expect.stringContaining('Expected only: --sessions N'),
    })
  },
)
