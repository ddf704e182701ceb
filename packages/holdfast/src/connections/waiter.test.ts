import { isForgotten } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import type { PooledConnection } from './pooled-connection.js'
import { Waiter, type WaitingRoom } from './waiter.js'

const room: WaitingRoom = {
  left: () => undefined,
  timeoutError: () => new Error('timeout'),
  abortError: () => new Error('abort'),
}

/** A waiter, and what only its caller refers to. */
function waiting() {
  const held = { rows: 'of the answer' }
  const caller = { serve: () => held, refuse: () => held }
  const limits = { since: 0, deadline: 1_000, signal: undefined }
  return { waiter: new Waiter(room, caller, limits), held: new WeakRef(held) }
}

const ENDINGS: Record<string, (waiter: Waiter) => void> = {
  served: waiter => waiter.serve({} as PooledConnection),
  refused: waiter => waiter.refuse(new Error('ended')),
  'timed out': waiter => waiter.expire(),
}

for (const [ending, end] of Object.entries(ENDINGS)) {
  test(`a waiter that was ${ending} keeps nothing of its caller alive`, async () => {
    const { waiter, held } = waiting()
    expect(await isForgotten(held)).toBe(false)
    end(waiter)
    expect(await isForgotten(held)).toBe(true)
    // Used last here, so that the waiter itself was alive all the time.
    expect(waiter.queued).toBe(false)
  })
}
