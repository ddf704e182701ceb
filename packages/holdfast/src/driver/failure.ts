import { HoldfastError } from '../base/errors.js'
import { OPT_IN_CODES, type RetryAction } from '../base/retry-action.js'
import { poolerFailure, wantsLongPause } from './pooler-errors.js'
import { isFatal, isSqlState, isStaleStatement } from './sqlstate.js'

/** What went wrong, as far as it matters for trying again. */
export type FailureKind =
  | 'unreachable'
  | 'name-not-found'
  | 'login'
  | 'conflict'
  | 'recovery-conflict'
  | 'read-only'
  | 'stale-statement'
  | 'opt-in'
  | 'lost'
  | 'no-answer'
  | 'pooler-busy'
  | 'pooler-limited'
  | 'pooler-lost'
  | 'final'

/**
 * Where the statement was when it failed:
 *
 * - `not-sent`: no byte of it was written
 * - `rejected`: the server has answered with an error; it stood alone
 * - `in-flight`: sent and not answered, and it may be applied
 * - `repeatable`: the same, but its caller says that it reads only or may be applied twice
 * - `in-transaction`: a part of a transaction whose COMMIT was not sent
 */
export type Situation = 'not-sent' | 'rejected' | 'in-flight' | 'repeatable' | 'in-transaction'

/** Everything that is known about a failure. */
export interface Failure {
  readonly kind: FailureKind
  readonly situation: Situation
  readonly action: RetryAction
}

/** What to do, by what went wrong and where. A pair that cannot happen says what would do no harm. */
const ACTIONS: Readonly<Record<FailureKind, Readonly<Record<Situation, RetryAction>>>> = {
  unreachable: row('wait', 'never', 'unknown', 'reconnect'),
  'name-not-found': row('look-up', 'never', 'unknown', 'reconnect'),
  login: row('log-in', 'never', 'unknown', 'never', 'never'),
  conflict: row('never', 'again', 'unknown', 'again'),
  // Only a standby cancels for its recovery, and a standby applies nothing.
  'recovery-conflict': row('other-node', 'other-node', 'other-node', 'other-node'),
  'read-only': row('primary', 'primary', 'unknown', 'primary'),
  // Outside of a transaction the driver has prepared it anew already, once.
  'stale-statement': row('never', 'never', 'unknown', 'never'),
  'opt-in': row('never', 'opt-in', 'unknown', 'opt-in', 'opt-in'),
  lost: row('reconnect', 'unknown', 'unknown', 'reconnect'),
  'no-answer': row('reconnect', 'unknown', 'unknown', 'reconnect'),
  // No server was assigned, so whatever the client has sent reached none.
  'pooler-busy': row('reconnect', 'reconnect', 'reconnect', 'reconnect'),
  'pooler-limited': row('slowly', 'slowly', 'slowly', 'slowly'),
  'pooler-lost': row('reconnect', 'unknown', 'unknown', 'reconnect'),
  final: row('never', 'never', 'unknown', 'never', 'never'),
}

function row(...actions: [RetryAction, RetryAction, RetryAction, RetryAction, RetryAction?]) {
  const [notSent, rejected, inFlight, repeatable, inTransaction = 'whole'] = actions
  return {
    'not-sent': notSent,
    rejected,
    'in-flight': inFlight,
    repeatable,
    'in-transaction': inTransaction,
  }
}

/** By SQLSTATE, whatever the severity. */
const BY_SQLSTATE: Readonly<Record<string, FailureKind>> = {
  '08007': 'no-answer',
  '40003': 'no-answer',
  '40001': 'conflict',
  '40P01': 'conflict',
  '25006': 'read-only',
  '28000': 'login',
  '28P01': 'login',
  '53300': 'unreachable',
  '57P03': 'unreachable',
  '08001': 'unreachable',
  // The session was ended for what it did: it would be again.
  '25P03': 'final',
  '25P04': 'final',
  ...Object.fromEntries(OPT_IN_CODES.map(code => [code, 'opt-in' as const])),
}

/** Codes of the system, for a connection that did not come about. */
const BY_SOCKET_CODE: Readonly<Record<string, FailureKind>> = {
  ENOTFOUND: 'name-not-found',
  ECONNREFUSED: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'unreachable',
  ECONNRESET: 'unreachable',
  EPIPE: 'unreachable',
  ENOENT: 'unreachable',
}

const BY_OWN_CODE: Readonly<Record<string, FailureKind>> = {
  HOLDFAST_CONNECT_REFUSED: 'unreachable',
  HOLDFAST_CONNECT_TIMEOUT: 'unreachable',
  HOLDFAST_CONNECT_UNREACHABLE: 'unreachable',
  HOLDFAST_CONNECT_FAILED: 'unreachable',
}

/** What kind of failure an error is. */
export function failureKind(error: unknown): FailureKind {
  const { code, cause } = error as { code?: string; cause?: { code?: string } }
  if (error instanceof HoldfastError)
    return BY_SOCKET_CODE[cause?.code ?? ''] ?? BY_OWN_CODE[error.code] ?? 'final'
  if (code === undefined) return 'final'
  if (!isSqlState(code)) return BY_SOCKET_CODE[code] ?? 'final'
  const pooler = poolerFailure(error)
  if (pooler !== undefined) return pooler === 'unknown' ? 'pooler-lost' : ofBusyPooler(error)
  if (isStaleStatement(error)) return 'stale-statement'
  if (isOfRecovery(error)) return 'recovery-conflict'
  return BY_SQLSTATE[code] ?? (isFatal(error) ? 'lost' : 'final')
}

function ofBusyPooler(error: unknown): FailureKind {
  return wantsLongPause(error) ? 'pooler-limited' : 'pooler-busy'
}

/** Whether a standby has cancelled the statement for the sake of its recovery. Its words depend on the language. */
function isOfRecovery(error: unknown): boolean {
  const { code, routine } = error as { code?: string; routine?: string }
  return code === '40001' && /^Process(?:Interrupts|RecoveryConflict)/.test(routine ?? '')
}

/** What to do about a failure. */
export function retryAction(kind: FailureKind, situation: Situation): RetryAction {
  return ACTIONS[kind][situation]
}

/** What the layer that sent the bytes knows of each error; kept beside the errors, which belong to the caller. */
const KNOWN = new WeakMap<object, Failure>()

/** Writes down what is known about an error. */
export function noteFailure(error: Error, kind: FailureKind, situation: Situation): Failure {
  const failure = { kind, situation, action: retryAction(kind, situation) }
  KNOWN.set(error, failure)
  return failure
}

/** What was written down about an error; `undefined` when it did not come from a statement. */
export function failureOf(error: unknown): Failure | undefined {
  return typeof error === 'object' && error !== null ? KNOWN.get(error) : undefined
}
