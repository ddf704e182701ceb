import { describe, expect, test } from 'vitest'
import { ArmedFault } from './armed-fault.js'
import { faultPlan } from './fault-plan.js'
import { checkRule, describeRule, type FaultRule } from './fault-rule.js'
import type { Message } from './message.js'

const message = (type: string, text = '', statement = ''): Message => ({
  direction: 'requests',
  type,
  bytes: Buffer.from(text),
  statement,
})
const cut = (when: Omit<FaultRule['when'], 'direction'>, rest: Partial<FaultRule> = {}) =>
  new ArmedFault({ when: { direction: 'requests', ...when }, do: 'cut', ...rest })

describe('a rule', () => {
  test('strikes at the nth message that fits, and as often as it says', () => {
    const fault = cut({ type: 'Query', nth: 2 }, { times: 2 })
    const struck = ['Query', 'Sync', 'Query', 'Query', 'Query'].map(type => fault.strikesAt(message(type)))
    expect(struck).toEqual([false, false, true, true, false])
    expect(fault.strikes).toBe(2)
  })

  test('looks at the text, the statement and the direction', () => {
    expect(cut({ text: /^COMM/ }).strikesAt(message('Query', 'COMMIT'))).toBe(true)
    expect(cut({ text: 'ROLLBACK' }).strikesAt(message('Query', 'COMMIT'))).toBe(false)
    expect(cut({ statement: 'INSERT' }).strikesAt(message('Sync', '', 'INSERT'))).toBe(true)
    expect(cut({ type: ['Bind', 'Sync'] }).strikesAt(message('Parse'))).toBe(false)
    expect(cut({}).strikesAt({ ...message('Query'), direction: 'answers' })).toBe(false)
  })

  test('strikes no more once it is lifted', () => {
    const fault = cut({})
    fault.lift()
    expect(fault.strikesAt(message('Query'))).toBe(false)
  })
})

test.each<[object, string]>([
  [{ when: { direction: 'sideways' }, do: 'cut' }, '"when.direction": expected one of requests, answers'],
  [{ when: { direction: 'requests', type: 'DataRow' }, do: 'cut' }, '"when.type": expected one of Startup'],
  [
    { when: { direction: 'requests', nth: 0 }, do: 'cut' },
    '"when.nth": expected a whole number from 1, given 0',
  ],
  [{ when: { direction: 'requests' }, do: 'explode' }, '"do": expected one of cut, reset, stall'],
  [{ when: { direction: 'requests' }, do: { delay: -1 } }, '"do.delay": expected a number above 0, given -1'],
  [{ when: { direction: 'requests' }, do: 'drop', at: 'after' }, '"at": expected one of before'],
  [{ when: { direction: 'requests' }, do: 'cut', times: 0.5 }, '"times": expected a whole number from 1'],
])('an impossible rule is refused with what was expected: %o', (rule, message) => {
  expect(() => checkRule(rule as FaultRule, 'postgres')).toThrow(message)
})

test('a plan is made again by its seed, says it, and holds only possible rules', () => {
  const options = { protocol: 'postgres', faults: 200, actions: ['cut', 'drop', 'stall'] } as const
  const plan = faultPlan({ ...options, seed: 7 })
  expect(faultPlan({ ...options, seed: 7 })).toEqual({ ...plan, toString: expect.any(Function) })
  expect(faultPlan({ ...options, seed: 8 }).rules).not.toEqual(plan.rules)
  for (const rule of plan.rules) checkRule(rule, 'postgres')
  expect(String(plan)).toContain('seed 7\n1. ')
  expect(String(plan).split('\n')).toHaveLength(201)
})

test('a rule is told in words', () => {
  const rule: FaultRule = {
    when: { direction: 'requests', type: 'Query', text: /COMMIT/ },
    do: 'cut',
    at: 'after',
  }
  expect(describeRule(rule)).toBe('cut after the 1. Query of the requests with /COMMIT/')
})
