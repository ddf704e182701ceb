import { describe, expect, test } from 'vitest'
import { ConnectError, PoolTimeoutError } from '../base/errors.js'
import type { RetryAction } from '../base/retry-action.js'
import {
  type FailureKind,
  failureKind,
  failureOf,
  noteFailure,
  retryAction,
  type Situation,
} from './failure.js'

const answer = (code: string, rest: object = {}) =>
  Object.assign(new Error('message'), { code, severity: 'ERROR', ...rest })
const refused = (code: string) =>
  new ConnectError('HOLDFAST_CONNECT_UNREACHABLE', 'no', { cause: Object.assign(new Error('no'), { code }) })

describe('what kind of failure an error is', () => {
  test.each<[FailureKind, Error]>([
    ['unreachable', refused('ECONNREFUSED')],
    ['unreachable', refused('EAI_AGAIN')],
    ['unreachable', refused('EHOSTUNREACH')],
    ['unreachable', refused('ENETUNREACH')],
    ['unreachable', refused('ETIMEDOUT')],
    ['unreachable', refused('ECONNRESET')],
    ['unreachable', new ConnectError('HOLDFAST_CONNECT_FAILED', 'closed')],
    ['unreachable', answer('57P03', { severity: 'FATAL' })],
    ['unreachable', answer('53300', { severity: 'FATAL' })],
    ['unreachable', answer('08001', { severity: 'FATAL' })],
    ['name-not-found', refused('ENOTFOUND')],
    ['login', answer('28P01', { severity: 'FATAL' })],
    ['login', answer('28000', { severity: 'FATAL' })],
    ['conflict', answer('40001', { routine: 'ExecUpdate' })],
    ['conflict', answer('40P01')],
    ['recovery-conflict', answer('40001', { routine: 'ProcessInterrupts' })],
    ['recovery-conflict', answer('40001', { routine: 'ProcessRecoveryConflictInterrupt' })],
    ['read-only', answer('25006')],
    ['stale-statement', answer('0A000', { routine: 'RevalidateCachedQuery' })],
    ['stale-statement', answer('26000')],
    ['stale-statement', answer('42P05')],
    ['opt-in', answer('55P03')],
    ['opt-in', answer('23505')],
    ['lost', answer('57P01', { severity: 'FATAL' })],
    ['lost', answer('57P02', { severity: 'FATAL' })],
    ['lost', answer('08006', { severity: 'FATAL' })],
    ['no-answer', answer('08007')],
    ['no-answer', answer('40003')],
    ['pooler-busy', answer('08P01', { message: 'query_wait_timeout', severity: 'FATAL' })],
    ['pooler-busy', answer('08P01', { message: 'no more connections allowed (max_client_conn)' })],
    ['pooler-busy', answer('08P01', { message: 'pooler is shutting down' })],
    ['pooler-limited', answer('XX000', { message: '(ECHECKOUTTIMEOUT) unable to check out' })],
    ['pooler-limited', answer('XX000', { message: '(EMAXCONNSESSION) max clients reached' })],
    ['pooler-limited', answer('XX000', { message: '(ECIRCUITBREAKER) too many failures' })],
    ['pooler-lost', answer('XX000', { message: '(EDBHANDLEREXITED) connection to database closed' })],
    ['final', answer('0A000', { routine: 'transformStmt' })],
    ['final', answer('26000', { where: 'PL/pgSQL function f() line 1 at SQL statement' })],
    ['final', answer('XX000', { message: 'cache lookup failed' })],
    ['final', answer('08P01', { message: 'invalid message format' })],
    ['final', answer('57014')],
    ['final', answer('25P02')],
    ['final', answer('25P03', { severity: 'FATAL' })],
    ['final', answer('22012')],
    ['final', answer('42601')],
    ['final', answer('53100')],
    ['final', new ConnectError('HOLDFAST_CONNECT_TLS', 'no')],
    ['final', new PoolTimeoutError('HOLDFAST_POOL_TIMEOUT', 'busy')],
    ['final', new Error('of the application')],
  ])('%s', (kind, error) => {
    expect(failureKind(error)).toBe(kind)
  })
})

describe('what is done about it', () => {
  const SITUATIONS: Situation[] = ['not-sent', 'rejected', 'in-flight', 'repeatable', 'in-transaction']

  test.each<[FailureKind, RetryAction[]]>([
    ['unreachable', ['wait', 'never', 'unknown', 'reconnect', 'whole']],
    ['name-not-found', ['look-up', 'never', 'unknown', 'reconnect', 'whole']],
    ['login', ['log-in', 'never', 'unknown', 'never', 'never']],
    ['conflict', ['never', 'again', 'unknown', 'again', 'whole']],
    ['read-only', ['primary', 'primary', 'unknown', 'primary', 'whole']],
    ['stale-statement', ['never', 'never', 'unknown', 'never', 'whole']],
    ['opt-in', ['never', 'opt-in', 'unknown', 'opt-in', 'opt-in']],
    ['lost', ['reconnect', 'unknown', 'unknown', 'reconnect', 'whole']],
    ['no-answer', ['reconnect', 'unknown', 'unknown', 'reconnect', 'whole']],
    ['pooler-busy', ['reconnect', 'reconnect', 'reconnect', 'reconnect', 'whole']],
    ['pooler-limited', ['slowly', 'slowly', 'slowly', 'slowly', 'whole']],
    ['pooler-lost', ['reconnect', 'unknown', 'unknown', 'reconnect', 'whole']],
    ['final', ['never', 'never', 'unknown', 'never', 'never']],
  ])('%s', (kind, expected) => {
    expect(SITUATIONS.map(situation => retryAction(kind, situation))).toEqual(expected)
  })

  test('what may be applied is never tried again, whatever a server calls it', () => {
    const kinds: FailureKind[] = [
      'unreachable',
      'conflict',
      'read-only',
      'lost',
      'no-answer',
      'pooler-lost',
      'final',
    ]
    for (const kind of kinds) expect(retryAction(kind, 'in-flight')).toBe('unknown')
  })
})

test('what is known is kept beside the error', () => {
  const error = new Error('lost')
  noteFailure(error, 'lost', 'in-flight')
  expect(failureOf(error)).toEqual({ kind: 'lost', situation: 'in-flight', action: 'unknown' })
  expect(Object.keys(error)).toEqual([])
  expect(failureOf(new Error('other'))).toBeUndefined()
  expect(failureOf('a word')).toBeUndefined()
})
