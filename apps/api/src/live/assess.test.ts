import { expect, test } from 'vitest'
import { assess, type Judged, worst } from './assess.js'

const WELL = {
  database: { answers: true, breaker: 'closed', overloaded: false },
  pool: { active: 3, idle: 2, connecting: 0, waiting: 0, max: 10 },
  cache: { redis: 'ok' },
  nodes: [],
  second: { requests: 100, failures: 0 },
}
const judge = (change: object) => assess({ ...WELL, ...change } as unknown as Judged)

test('a process without trouble is green and gives no reasons', () => {
  expect(judge({})).toEqual({ state: 'green', reasons: [] })
})

test.each([
  ['red', { database: { ...WELL.database, breaker: 'open' } }, 'database does not answer'],
  ['red', { database: { ...WELL.database, answers: false } }, 'database does not answer'],
  ['red', { second: { requests: 10, failures: 1 } }, '1 of 10 requests failed'],
  ['red', { second: { requests: 1, failures: 1 } }, '1 of 1 requests failed'],
  ['green', { second: { requests: 100, failures: 5 } }, ''],
  ['degraded', { database: { ...WELL.database, breaker: 'half-open' } }, 'tried again'],
  ['degraded', { database: { ...WELL.database, overloaded: true } }, 'turned away'],
  ['degraded', { cache: { redis: 'away' } }, 'Redis is away'],
  ['green', { cache: { redis: 'unused' } }, ''],
  ['degraded', { pool: { ...WELL.pool, active: 8, waiting: 3 } }, '3 callers wait'],
  ['green', { pool: { ...WELL.pool, active: 10 } }, ''],
  [
    'degraded',
    { nodes: [{ host: 'b', port: 5432, role: 'standby', reads: 'lagging' }] },
    'b:5432 gets no reads',
  ],
  ['green', { nodes: [{ host: 'b', port: 5432, role: 'standby', reads: 'serving' }] }, ''],
] as const)('it is %s with %j', (state, change, reason) => {
  const verdict = judge(change)
  expect(verdict.state).toBe(state)
  expect(verdict.reasons.join(' ')).toContain(reason)
  expect(verdict.reasons.length > 0).toBe(state !== 'green')
})

test('the worst of all processes is the state of all', () => {
  expect(worst([])).toBe('green')
  expect(worst(['green', 'degraded'])).toBe('degraded')
  expect(worst(['degraded', 'red', 'green'])).toBe('red')
})
