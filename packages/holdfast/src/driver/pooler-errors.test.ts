import { describe, expect, test } from 'vitest'
import { poolerFailure, poolerMeaning, wantsLongPause } from './pooler-errors.js'

const error = (code: string, message: string) => Object.assign(new Error(message), { code })

describe('an error of a pooler', () => {
  test.each([
    ['08P01', 'query_wait_timeout', 'not assigned', 'overloaded'],
    ['08P01', 'query_wait_timeout (h:6432, database "d", user "u")', 'not assigned', 'overloaded'],
    ['08P01', 'no more connections allowed (max_client_conn)', 'not assigned', 'overloaded'],
    ['08P01', 'pooler is shutting down', 'not assigned', 'shut-down'],
    ['08P01', 'server shutting down', 'not assigned', 'shut-down'],
    ['58006', 'pooler is shutting down now', 'not assigned', 'shut-down'],
    [
      '08P01',
      'server login has been failing, try again later (server_login_retry)',
      'not assigned',
      'unreachable',
    ],
    ['08P01', 'client_login_timeout (server down)', 'not assigned', 'timeout'],
    ['08P01', 'server conn crashed?', 'unknown', 'connection-lost'],
    ['08P01', 'query_timeout', 'unknown', 'timeout'],
    ['XX000', '(ECHECKOUTTIMEOUT) Pool checkout timeout. Request was dropped', 'not assigned', 'overloaded'],
    ['XX000', '(EMAXCONN) max client connections reached, limit: 200', 'not assigned', 'overloaded'],
    ['XX000', '(EMAXCONNSESSION) max clients reached in session mode', 'not assigned', 'overloaded'],
    ['XX000', '(EMAXCLIENTCONN) max client connections reached', 'not assigned', 'overloaded'],
    ['XX000', '(ECIRCUITBREAKER) too many authentication errors', 'not assigned', 'refused'],
    ['XX000', '(EDBHANDLEREXITED) connection to database closed', 'unknown', 'connection-lost'],
  ])('%s %j: %s, %s', (code, message, failure, category) => {
    expect(poolerFailure(error(code, message))).toBe(failure)
    const retry = failure === 'unknown' ? 'unknown' : 'safe'
    expect(poolerMeaning(error(code, message))).toEqual({ category, retry })
  })

  test.each([
    ['08P01', 'unsupported startup parameter: options'],
    ['08P01', 'invalid message format: no more connections allowed'],
    ['XX000', 'cache lookup failed for relation 4711'],
    ['42P01', 'relation "query_wait_timeout" does not exist'],
    ['57014', 'query_wait_timeout'],
  ])('%s %j is none', (code, message) => {
    expect(poolerFailure(error(code, message))).toBeUndefined()
    expect(poolerMeaning(error(code, message))).toBeUndefined()
  })

  test.each([[undefined], [null], ['text'], [new Error('query_wait_timeout')]])('%s is none', thing =>
    expect(poolerFailure(thing)).toBeUndefined(),
  )

  test('wants a long pause when it is one of Supavisor, without a server having been reached', () => {
    expect(wantsLongPause(error('XX000', '(ECHECKOUTTIMEOUT) x'))).toBe(true)
    expect(wantsLongPause(error('XX000', '(EDBHANDLEREXITED) x'))).toBe(false)
    expect(wantsLongPause(error('08P01', 'query_wait_timeout'))).toBe(false)
  })
})
