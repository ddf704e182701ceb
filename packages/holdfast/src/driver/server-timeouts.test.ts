import { expect, test } from 'vitest'
import { serverTimeouts, setTimeouts, withoutServerTimeouts } from './server-timeouts.js'

const CONFIG = {
  host: 'h',
  statement_timeout: 5_000,
  lock_timeout: 0,
  idle_in_transaction_session_timeout: 60_000,
}

test('only limits that are set count', () => {
  expect(serverTimeouts(CONFIG)).toEqual({
    statement_timeout: '5000',
    idle_in_transaction_session_timeout: '60000',
  })
  expect(serverTimeouts({})).toEqual({})
})

test('the limits become statements of one text, safely quoted', () => {
  expect(setTimeouts({ lock_timeout: '10', statement_timeout: '5s' }, 'LOCAL')).toBe(
    "SET LOCAL lock_timeout = '10'; SET LOCAL statement_timeout = '5s'",
  )
  expect(setTimeouts({ lock_timeout: "1'; DROP TABLE t; --" }, 'SESSION')).toBe(
    "SET SESSION lock_timeout = '1''; DROP TABLE t; --'",
  )
  expect(setTimeouts({}, 'LOCAL')).toBeUndefined()
})

test('a configuration without them keeps the rest, a hidden password hidden', () => {
  const config = Object.defineProperty({ ...CONFIG }, 'password', { value: 'p', enumerable: false })
  const without = withoutServerTimeouts(config)
  expect(without).toEqual({ host: 'h' })
  expect(Object.keys(without)).toEqual(['host'])
  expect(without.password).toBe('p')
  expect(config.statement_timeout).toBe(5_000)
})
