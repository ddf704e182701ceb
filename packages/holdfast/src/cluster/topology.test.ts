import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeStatus, NodeUp } from './node-status.js'
import { type Observation, observe, someoneAnswers, type Topology, unknownTopology } from './topology.js'

const DOWN: NodeStatus = { kind: 'down', error: new Error('gone') }

function up(timeline: number, { standby = false, readOnly = false, system = 's' } = {}): NodeUp {
  return { kind: 'up', standby, readOnly, system, position: { timeline, lsn: 1n } }
}

const seen = (node: number, status: NodeStatus): Observation => ({ node, status })

const run = (observations: readonly Observation[], from = unknownTopology(3, 'primary')): Topology =>
  observations.reduce(observe, from)

const A_WRITES = run([seen(0, up(1)), seen(1, up(1, { standby: true })), seen(2, DOWN)])

describe('at the start', () => {
  test('nobody is chosen before all have answered, or had their time', () => {
    const partly = run([seen(0, up(1)), seen(1, up(1, { standby: true }))])
    expect(partly.primary).toBeUndefined()
    expect(observe(partly, seen(2, DOWN)).primary).toBe(0)
    expect(observe(partly, 'settled').primary).toBe(0)
  })

  test('of two that take writes the one on the newer timeline is chosen, else the first in the list', () => {
    expect(run([seen(0, up(1)), seen(1, up(2)), 'settled']).primary).toBe(1)
    expect(run([seen(1, up(1)), seen(0, up(1)), 'settled']).primary).toBe(0)
  })
})

describe('a failover', () => {
  test('leaves nobody while the primary is gone, then chooses who was promoted', () => {
    const gone = run([seen(0, DOWN)], A_WRITES)
    expect(gone.primary).toBeUndefined()
    expect(run([seen(1, up(2))], gone)).toMatchObject({ primary: 1, history: { timeline: 2 } })
  })

  test('does not wait for the old primary to be seen dead', () => {
    expect(run([seen(1, up(2))], A_WRITES).primary).toBe(1)
  })

  test('never goes back to the old primary, whatever becomes of the new one', () => {
    const over = run([seen(1, up(2)), seen(0, up(1)), seen(1, DOWN)], A_WRITES)
    expect(over.primary).toBeUndefined()
    expect(run([seen(0, up(3))], over).primary).toBe(0)
  })
})

test('a primary that is merely as good as another one stays', () => {
  expect(run([seen(2, up(1)), seen(0, up(1))], A_WRITES).primary).toBe(0)
  const second = run([seen(0, DOWN), seen(2, up(1)), seen(0, up(1))], A_WRITES)
  expect(second.primary).toBe(2)
})

test('the timelines of another cluster do not count against ours', () => {
  expect(run([seen(2, up(9, { system: 'other' }))], A_WRITES).primary).toBe(0)
  expect(run([seen(2, up(1, { system: 'other' })), seen(0, DOWN)], A_WRITES)).toMatchObject({
    primary: 2,
    history: { system: 'other', timeline: 1 },
  })
})

test('somebody answers as long as one does, or has not been asked', () => {
  expect(someoneAnswers(run([seen(0, DOWN), seen(1, DOWN)]))).toBe(true)
  expect(someoneAnswers(run([seen(0, DOWN), seen(1, DOWN), seen(2, DOWN)]))).toBe(false)
})

const status = fc.oneof(
  fc.constant(DOWN),
  fc
    .record({ timeline: fc.integer({ min: 0, max: 4 }), standby: fc.boolean(), readOnly: fc.boolean() })
    .map(({ timeline, ...role }) => up(timeline, role)),
)
const observation = fc.oneof(
  { weight: 1, arbitrary: fc.constant('settled' as const) },
  { weight: 9, arbitrary: fc.record({ node: fc.integer({ min: 0, max: 2 }), status }) },
)

test.each(['primary', 'read-write'] as const)(
  'whatever is observed, %s chooses who fits, and never an older history than it has written before',
  attrs => {
    fc.assert(
      fc.property(fc.array(observation, { maxLength: 40 }), observations => {
        let topology = unknownTopology(3, attrs)
        let newest = 0
        for (const each of observations) {
          topology = observe(topology, each)
          if (topology.primary === undefined) continue
          const chosen = topology.nodes[topology.primary] as NodeUp
          expect(chosen).toMatchObject({ kind: 'up', standby: false })
          if (attrs === 'read-write') expect(chosen.readOnly).toBe(false)
          expect(chosen.position.timeline).toBeGreaterThanOrEqual(newest)
          newest = Math.max(newest, chosen.position.timeline)
          expect(observe(topology, seen(topology.primary, chosen)).primary).toBe(topology.primary)
        }
      }),
      { seed: 4 },
    )
  },
)
