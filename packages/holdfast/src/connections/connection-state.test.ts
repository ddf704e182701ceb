import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ConnectionEvent, type ConnectionState, nextState } from './connection-state.js'

const STATES: ConnectionState[] = ['idle', 'validating', 'active', 'resetting', 'closing', 'closed']
const EVENTS: ConnectionEvent[] = ['lend', 'validate', 'reset', 'settled', 'close', 'closed']

/** The state after an event, or undefined when the event would be a bug. */
function tried(state: ConnectionState, event: ConnectionEvent): ConnectionState | undefined {
  try {
    return nextState(state, event)
  } catch {
    return undefined
  }
}

/** The states a connection goes through under these events; those that would be a bug do not happen. */
function path(events: readonly ConnectionEvent[]): ConnectionState[] {
  const states: ConnectionState[] = ['idle']
  for (const event of events) {
    const state = states.at(-1) as ConnectionState
    states.push(tried(state, event) ?? state)
  }
  return states
}

const sequences = fc.array(fc.constantFrom(...EVENTS), { maxLength: 30, size: 'max' })
const inSequences = (check: (states: ConnectionState[], events: ConnectionEvent[]) => void, seed: number) =>
  fc.assert(
    fc.property(sequences, events => check(path(events), events)),
    { seed, numRuns: 200 },
  )

describe('a connection', () => {
  test('has an answer to every event in every state: a state or a bug that is named', () => {
    for (const state of STATES) {
      for (const event of EVENTS) {
        const next = tried(state, event)
        if (next === undefined) {
          expect(() => nextState(state, event)).toThrow(`Bug: a connection that is ${state} cannot ${event}`)
        } else expect(STATES).toContain(next)
      }
    }
  })

  test('is lent only from idle', () => {
    expect(STATES.filter(state => tried(state, 'lend') === 'active')).toEqual(['idle'])
    expect(STATES.filter(state => tried(state, 'lend') !== undefined)).toEqual(['idle'])
  })

  test('never comes back once it is closing or closed, whatever happens', () =>
    inSequences(states => {
      const end = states.findIndex(state => state === 'closing' || state === 'closed')
      if (end === -1) return
      expect(states.slice(end).every(state => state === 'closing' || state === 'closed')).toBe(true)
      const closed = states.indexOf('closed')
      if (closed !== -1) expect(new Set(states.slice(closed))).toEqual(new Set(['closed']))
    }, 4))

  test('can be closed from every state, at any time', () =>
    inSequences(states => {
      const last = states.at(-1) as ConnectionState
      expect(['closing', 'closed']).toContain(nextState(last, 'close'))
      expect(nextState(last, 'closed')).toBe('closed')
    }, 5))

  test('becomes idle only by settling, from where it was held', () =>
    inSequences((states, events) => {
      for (const [index, event] of events.entries()) {
        const [before, after] = [states[index], states[index + 1]]
        if (before === after || after !== 'idle') continue
        expect(event).toBe('settled')
        expect(['validating', 'active', 'resetting']).toContain(before)
      }
    }, 6))
})
