import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const COMMAND = fileURLToPath(new URL('../long/counts.mjs', import.meta.url))

test('statistics count a known mix of calls exactly, many at once', async () => {
  const args = [COMMAND, '--calls', '5000', '--seed', '7', '--json']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  expect(JSON.parse(stdout)).toEqual({ check: 'counts', ok: true, wrong: [], seed: 7, calls: 5_000 })
})
