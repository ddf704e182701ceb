import { expect, test } from 'vitest'
import type { NodeUp } from './node-status.js'
import { judge, type ReplicaEvent, type Verdict } from './replica-verdict.js'

const STANDBY: NodeUp = {
  kind: 'up',
  standby: true,
  readOnly: false,
  system: '',
  position: { timeline: 1, lsn: 1n },
}
const looked = (lagMillis: number, status: object = STANDBY): ReplicaEvent => ({
  kind: 'looked',
  status: status as NodeUp,
  lagMillis,
  maxLag: 100,
})
const run = (events: ReplicaEvent[], from: Verdict = 'unknown') => events.reduce(judge, from)

test('a replica serves once it has been seen to be a standby that is near enough', () => {
  expect(run([{ kind: 'read-failed' }])).toBe('unknown')
  expect(run([looked(100)])).toBe('serving')
  expect(run([looked(101)])).toBe('lagging')
  expect(run([looked(0, { ...STANDBY, standby: false })])).toBe('not-a-standby')
  expect(run([looked(0, { kind: 'down', error: new Error() })])).toBe('down')
})

test('one that was banned for its lag comes back at half the limit, so that it does not come and go', () => {
  expect(run([looked(101), looked(90)])).toBe('lagging')
  expect(run([looked(101), looked(50), looked(90)])).toBe('serving')
})

test('a failed read bans it until the next look, and changes no other verdict', () => {
  expect(run([looked(0), { kind: 'read-failed' }])).toBe('failed')
  expect(run([looked(0), { kind: 'read-failed' }, looked(0)])).toBe('serving')
  expect(run([{ kind: 'read-failed' }], 'down')).toBe('down')
})
