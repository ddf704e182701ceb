import { fakeClock } from '@holdfast/testkit'
import { describe, expect, test } from 'vitest'
import type { Execute, QueryRequest, Result } from '../base/execute.js'
import { hedge } from './hedge.js'
import { HedgeBudget } from './hedge-budget.js'
import { Latencies } from './latencies.js'

const REQUEST: QueryRequest = {
  config: 'SELECT 1',
  values: undefined,
  startedAt: 0,
  deadline: Number.POSITIVE_INFINITY,
  signal: undefined,
  readOnly: true,
  idempotent: true,
  rolledBackIfLost: false,
}

/** A server that answers when it is told to. */
function server() {
  const state = { started: false, cancelled: false }
  let settle: { resolve(result: Result): void; reject(error: Error): void } | undefined
  const execute: Execute = request => {
    state.started = true
    request.signal?.addEventListener('abort', () => {
      state.cancelled = true
    })
    return new Promise((resolve, reject) => {
      settle = { resolve, reject }
    })
  }
  const answer = (name: string) => settle?.resolve(name as unknown as Result)
  const fail = (name: string) => settle?.reject(new Error(name))
  return { state, execute, answer, fail }
}

function hedged(signal?: AbortSignal) {
  const [clock, one, two] = [fakeClock(), server(), server()]
  const second = () => two.execute
  const read = { request: { ...REQUEST, signal }, first: one.execute, second, delay: 10 }
  return { clock, one, two, result: hedge(read, clock) }
}

describe('a hedged read', () => {
  test('is made once when the first server is fast', async () => {
    const { clock, one, two, result } = hedged()
    one.answer('first')
    expect(await result).toBe('first')
    await clock.advance(100)
    expect(two.state.started).toBe(false)
  })

  test('takes the answer that comes first and cancels the other run', async () => {
    const { clock, one, two, result } = hedged()
    await clock.advance(10)
    expect(two.state.started).toBe(true)
    two.answer('second')
    expect(await result).toBe('second')
    expect([one.state.cancelled, two.state.cancelled]).toEqual([true, false])
  })

  test('fails at once when the first server fails alone', async () => {
    const { clock, one, two, result } = hedged()
    one.fail('broken')
    await expect(result).rejects.toThrow('broken')
    await clock.advance(100)
    expect(two.state.started).toBe(false)
  })

  test('fails only when both have failed', async () => {
    const { clock, one, two, result } = hedged()
    await clock.advance(10)
    one.fail('broken')
    two.answer('second')
    expect(await result).toBe('second')
    const both = hedged()
    await both.clock.advance(10)
    both.two.fail('broken')
    both.one.fail('broken too')
    await expect(both.result).rejects.toThrow('broken too')
  })

  test("is cancelled on both servers by the caller's signal", async () => {
    const caller = new AbortController()
    const { clock, one, two } = hedged(caller.signal)
    await clock.advance(10)
    caller.abort()
    expect([one.state.cancelled, two.state.cancelled]).toEqual([true, true])
  })
})

test('the budget grows with the reads and is never more than a reserve', () => {
  const budget = new HedgeBudget(0.5)
  expect([budget.spend(), budget.spend()]).toEqual([true, false])
  for (let i = 0; i < 4; i++) budget.earn()
  expect([budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, false])
  for (let i = 0; i < 1_000; i++) budget.earn()
  expect(Array.from({ length: 12 }, () => budget.spend()).filter(Boolean)).toHaveLength(10)
})

test('the 95th percentile is that of the latest reads, and unknown for a few', () => {
  const latencies = new Latencies()
  for (let i = 1; i <= 19; i++) latencies.note(i)
  expect(latencies.p95).toBeUndefined()
  latencies.note(20)
  expect(latencies.p95).toBe(19)
  for (let i = 0; i < 200; i++) latencies.note(5)
  expect(latencies.p95).toBe(5)
})
