import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { seededRandom } from '@holdfast/testkit'
import { expect, test } from 'vitest'

const SOAK = fileURLToPath(new URL('../../benchmarks/chaos/cases/soak.mjs', import.meta.url))

test('under random faults every acknowledged change is there once, and the service neither hangs nor leaks', async () => {
  const { seed } = seededRandom()
  const child = spawn(process.execPath, [SOAK, '--minutes', '0.4', '--seed', String(seed), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [output] = await Promise.all([text(child.stdout), once(child, 'close')])
  const { ok, broken, details } = JSON.parse(output)
  expect({ ok, broken }, `Seed ${seed}: ${JSON.stringify(details)}`).toEqual({ ok: true, broken: [] })
}, 300_000)
