import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { findProgram } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'

const CHECKER = fileURLToPath(new URL('../../../../scripts/long/coherence.mjs', import.meta.url))

/** What the history checker says of a subject with two processes, at its first violation or after so many minutes. */
async function verdictOf(subject: string, faults: string, minutes: number) {
  const options = [
    '--subject',
    subject,
    '--faults',
    faults,
    '--processes',
    '2',
    '--minutes',
    String(minutes),
    '--seed',
    '7',
  ]
  const child = spawn(process.execPath, [CHECKER, '--json', '--stop', ...options], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', chunk => {
    output += chunk
  })
  await once(child, 'close')
  return JSON.parse(output)
}

describe.skipIf(findProgram('redis-server') === undefined)('the history of several processes', () => {
  test('a cache that deletes its keys after the commit is caught', async () => {
    const { ok, violations } = await verdictOf('naive', 'none', 2)
    expect([ok, violations[0]]).toMatchObject([false, { kind: 'stale' }])
  })

  test('no read of ours misses a write that was acknowledged before it began, whatever breaks', async () => {
    const faults = 'worker-kill,redis-kill,redis-cut,redis-scripts,postgres-terminate'
    let hits = 0
    // On a busy machine Redis is hardly ever quick enough for a hit: the more time it gets.
    for (let minutes = 0.2; hits === 0; minutes *= 2) {
      const { ok, violations, origins } = await verdictOf('holdfast', faults, minutes)
      expect({ ok, violations }).toEqual({ ok: true, violations: [] })
      hits = (origins['hit memory'] ?? 0) + (origins['hit redis'] ?? 0)
    }
  })
})
