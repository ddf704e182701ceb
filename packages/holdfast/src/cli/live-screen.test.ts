import { expect, test } from 'vitest'
import { screenOf } from './live-screen.js'
import type { LiveProcess, LiveStatement, LiveView } from './live-view.js'

const STATEMENT: LiveStatement = {
  id: 'a',
  text: 'SELECT 1',
  calls: 3,
  errors: 1,
  totalMillis: 1_500,
  p50: 2,
  p95: 20,
  max: 1_200,
}
const PROCESS: LiveProcess = {
  host: 'one',
  pid: 7,
  state: 'green',
  reasons: [],
  second: { requests: 12, failures: 0 },
  database: { breaker: 'closed', answers: true },
  pool: { active: 2, idle: 3, waiting: 0, max: 10 },
  cache: { redis: 'ok', memory: 6, redisHits: 1, shared: 1, stale: 0, misses: 2 },
  errors: {},
  statements: [STATEMENT],
}
const VIEW: LiveView = {
  state: 'green',
  processes: [PROCESS],
  columns: ['at', 'requests', 'p95', 'active', 'max'],
  point: [0, 12, 34, 2, 10],
}
const screen = (view: object = {}, columns = 120) =>
  screenOf({ ...VIEW, ...view }, { columns, paint: (_, text) => text })

test('it shows the state, the numbers, the processes and the statements', () => {
  const text = screen().join('\n')
  expect(text).toContain('Holdfast  All well')
  expect(text).toContain('requests 12/s')
  expect(text).toContain('95 % 34 ms')
  expect(text).toContain('cache 80.0 % of 10 reads: memory 6, Redis 1, shared 1, database 2')
  expect(text).toMatch(/one·7 +All well +12 +2\/10/)
  expect(text).toMatch(/3 +1 +1\.5 s +2 ms +20 ms +1\.2 s +SELECT 1/)
})

test('reasons stand below the state, and failed queries are summed over the processes', () => {
  const down = {
    ...PROCESS,
    state: 'red',
    reasons: ['The database does not answer.'],
    errors: { timeout: 2 },
  }
  const text = screen({ state: 'red', processes: [down, { ...down, reasons: [] }] }).join('\n')
  expect(text).toMatch(/Outage\n {2}The database does not answer\.\n/)
  expect(text).toContain('failed queries: timeout 4')
  expect(text).toMatch(/6 +2 +3\.0 s/)
})

test('no line is longer than the terminal is wide, and none holds what would steer it', () => {
  const host = 'evil\u001B[2J\u0007\u202Ehost\r\n'
  const text = `SELECT '\u001B]0;owned\u0007' ${'x'.repeat(500)}`
  const lines = screen({ processes: [{ ...PROCESS, host, statements: [{ ...STATEMENT, text }] }] }, 60)
  for (const line of lines) {
    expect(line.length).toBeLessThanOrEqual(60)
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  }
})

test('a view of nothing is shown all the same', () => {
  expect(screen({ state: 'purple', processes: [], columns: [], point: [] }).join('\n')).toContain('purple')
})
