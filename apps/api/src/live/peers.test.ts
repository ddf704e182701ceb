import { expect, test } from 'vitest'
import { Peers, parseReport } from './peers.js'
import { shortened } from './postgres-channel.js'

const REPORT = {
  version: 1,
  id: 'a',
  host: 'one',
  pid: 1,
  startedAt: 0,
  at: 1,
  state: 'green',
  reasons: [],
  second: {
    requests: 1,
    failures: 0,
    latency: [],
    queries: 1,
    queryErrors: 0,
    saved: 0,
    unsaved: 0,
    retries: 0,
    sheds: 0,
  },
  database: { answers: true, breaker: 'closed', overloaded: false },
  pool: { active: 0, idle: 0, connecting: 0, waiting: 0, max: 5 },
  cache: { enabled: true, redis: 'ok', bypasses: {} },
  errors: {},
  nodes: [],
  statements: [],
}
const message = (change: object = {}) => JSON.stringify({ ...REPORT, ...change })

test('a process is known while it speaks, and forgotten five seconds after its last word', () => {
  let now = 0
  const peers = new Peers('own', () => now)
  peers.hear(message())
  now = 5_000
  expect(peers.reports()).toHaveLength(1)
  peers.hear(message({ id: 'b' }))
  now = 5_001
  expect(peers.reports().map(({ id }) => id)).toEqual(['b'])
})

test('the own report that comes back is not counted again, and there is an end to how many are known', () => {
  const peers = new Peers('own', () => 0)
  peers.hear(message({ id: 'own' }))
  expect(peers.reports()).toEqual([])
  for (let id = 0; id < 1_000; id++) peers.hear(message({ id: `p${id}` }))
  expect(peers.reports()).toHaveLength(64)
})

test.each([
  ['no JSON', '{"version":1'],
  ['nothing', ''],
  ['null', 'null'],
  ['another version', message({ version: 2 })],
  ['a state that there is not', message({ state: 'purple' })],
  ['an id that is no text', message({ id: { toString: 'x' } })],
  ['an endless id', message({ id: 'x'.repeat(300) })],
  ['numbers that are texts', message({ pool: { ...REPORT.pool, active: '1' } })],
  ['latency that is no list', message({ second: { ...REPORT.second, latency: 7 } })],
  ['no pool', message({ pool: null })],
  ['no statements', message({ statements: {} })],
  ['too much', message({ reasons: ['x'.repeat(70_000)] })],
])('a message that is %s changes nothing', (_, text) => {
  expect(parseReport(text)).toBeUndefined()
})

test('a report for PostgreSQL is made to fit by leaving out the last statements, whatever is in it', () => {
  const statements = Array.from({ length: 12 }, (_, id) => ({ id: String(id), text: 'é'.repeat(400) }))
  const short = shortened(message({ statements }))
  expect(Buffer.byteLength(short)).toBeLessThanOrEqual(7_900)
  const kept = parseReport(short)?.statements ?? []
  expect(kept.length).toBeGreaterThan(5)
  expect(kept[0]?.id).toBe('0')
  expect(shortened(message())).toBe(message())
  const reasons = ['x'.repeat(9_000)]
  expect(Buffer.byteLength(shortened(message({ reasons })))).toBeLessThanOrEqual(7_900)
})
