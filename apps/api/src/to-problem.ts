import { type ErrorCategory, errorCategory } from 'holdfast'
import { type FieldError, Problem, type ProblemDetails, type ProblemKind } from './problem.js'
import { fieldErrors, isValidationError } from './validation.js'

/** What the mapping needs to know of the request that failed. */
export interface FailedRequest {
  /** `GET` and `HEAD` change nothing, so their outcome is never in doubt. */
  readonly method: string
  /** The parsed body, whose keys are the only field names that a database error may lead to. */
  readonly body: unknown
  /** It has an `Idempotency-Key`, so that repeating it is safe. Default: false. */
  readonly keyed?: boolean
}

/** What a category or code becomes. */
interface Mapping {
  readonly kind: ProblemKind
  readonly details?: ProblemDetails
}

/** Seconds until a repeated request has a chance: a busy pool empties faster than a lost server returns. */
/** A connection becomes free any moment. */
const SOON: ProblemDetails = { headers: { 'retry-after': '1' } }
/** A server takes seconds to come back. */
const LATER: ProblemDetails = { headers: { 'retry-after': '5' } }

/** Every category is here or it is an internal error: one that the caller can neither mend nor wait out. */
const BY_CATEGORY: Partial<Readonly<Record<ErrorCategory, Mapping>>> = {
  // The database works, but not for us at this moment.
  overloaded: { kind: 'overloaded', details: SOON },
  conflict: {
    kind: 'overloaded',
    details: { ...SOON, detail: 'Others were changing the same rows; nothing was changed.' },
  },
  'lock-unavailable': {
    kind: 'overloaded',
    details: { ...SOON, detail: 'Others hold the same rows; nothing was changed.' },
  },
  // The database does not work, or not for writing: a restart or a failover.
  refused: { kind: 'unavailable', details: LATER },
  unreachable: { kind: 'unavailable', details: LATER },
  'connection-lost': { kind: 'unavailable', details: LATER },
  'shut-down': { kind: 'unavailable', details: LATER },
  'read-only': { kind: 'unavailable', details: LATER },
  resources: { kind: 'unavailable', details: LATER },
  // It worked too long for this request.
  timeout: { kind: 'timed-out' },
  cancelled: { kind: 'timed-out' },
  aborted: { kind: 'timed-out' },
  // The caller sent what the data do not allow.
  duplicate: { kind: 'duplicate' },
  'exclusion-violated': { kind: 'conflict' },
  'missing-reference': { kind: 'missing-reference' },
  'check-violated': { kind: 'invalid-request' },
  'not-null-violated': { kind: 'invalid-request' },
  'invalid-input': { kind: 'invalid-request' },
  // Nobody knows.
  'outcome-unknown': { kind: 'outcome-unknown' },
}

/** Codes that say more than their category. */
const BY_CODE: Readonly<Record<string, Mapping>> = {
  // These time out before anything was sent: the pool was busy, or the server did not answer.
  HOLDFAST_POOL_TIMEOUT: { kind: 'overloaded', details: SOON },
  HOLDFAST_CONNECT_TIMEOUT: { kind: 'unavailable', details: LATER },
  DIGIS_KEY_REUSED: { kind: 'key-reused' },
  DIGIS_KEY_IN_PROGRESS: { kind: 'key-in-progress', details: SOON },
}

/** What Fastify itself reports, by its status; anything else of its own below 500 is a malformed request. */
const BY_STATUS: Readonly<Record<number, ProblemKind>> = {
  404: 'not-found',
  408: 'request-timeout',
  413: 'too-large',
  414: 'uri-too-long',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
  431: 'headers-too-large',
}

/** What to say of a field; the database's own words would quote values and name constraints. */
const MESSAGES: Partial<Readonly<Record<ErrorCategory, string>>> = {
  duplicate: 'must not exist yet',
  'missing-reference': 'must name something that exists',
  'check-violated': 'is not an allowed value',
  'not-null-violated': 'must be given',
  'invalid-input': 'is not an allowed value',
}

/** The problem to answer with for anything that was thrown while `request` was handled. */
export function toProblem(error: unknown, request: FailedRequest): Problem {
  if (error instanceof Problem) return error
  if (isValidationError(error)) return new Problem('invalid-request', { errors: fieldErrors(error) })
  const input = inputError(error)
  if (input !== undefined) return new Problem('invalid-request', { errors: [input], cause: error })
  const category = errorCategory(error)
  return category === undefined ? fromStatus(error) : fromDatabase(error, category, request)
}

/** The message that the category of a database error deserves, for the field that it leads to. */
function fromDatabase(error: unknown, category: ErrorCategory, request: FailedRequest): Problem {
  const { code, retry } = properties(error)
  const inDoubt = retry === 'unknown' && !isRead(request.method)
  const mapping = withRetryAfter(mappingOf(code, category, inDoubt), error, request)
  const field = fieldOf(error, request.body)
  const message = MESSAGES[category]
  const errors = field === undefined || message === undefined ? undefined : [{ field, message }]
  return new Problem(mapping.kind, {
    ...mapping.details,
    ...(mapping.kind === 'timed-out' ? { detail: timedOutDetail(retry, request) } : {}),
    ...(isPublic(code, mapping.kind) ? { code } : {}),
    ...(errors === undefined ? {} : { errors }),
    cause: error,
  })
}

/** The code decides where it says more than the category. */
function mappingOf(code: string | undefined, category: ErrorCategory, inDoubt: boolean): Mapping {
  const mapping = BY_CODE[code ?? ''] ?? BY_CATEGORY[category] ?? { kind: 'internal' }
  // A write that may have been applied is never reported as "nothing was changed, repeat it".
  if (inDoubt && mapping.details?.headers !== undefined) return { kind: 'outcome-unknown' }
  if (!inDoubt && mapping.kind === 'outcome-unknown') return { kind: 'unavailable', details: LATER }
  return mapping
}

/**
 * When to come back: as the error has it, else as the mapping does. A change that may have been made is only to be
 * repeated under its key, so without one nothing is said that some clients would follow by themselves.
 */
function withRetryAfter(mapping: Mapping, error: unknown, { keyed = false }: FailedRequest): Mapping {
  if (mapping.kind === 'outcome-unknown') return keyed ? { ...mapping, details: SOON } : mapping
  const { retryAfter } = error as { retryAfter?: unknown }
  if (mapping.details?.headers === undefined || typeof retryAfter !== 'number') return mapping
  const seconds = Math.max(1, Math.ceil(retryAfter / 1000))
  return { ...mapping, details: { ...mapping.details, headers: { 'retry-after': String(seconds) } } }
}

/** Whether a change was made is what a caller needs to know after a timeout. */
function timedOutDetail(retry: string | undefined, { method, keyed = false }: FailedRequest): string {
  const nothing = isRead(method) || retry === 'safe' || retry === 'never'
  const outcome = nothing ? 'Nothing was changed.' : 'The change may or may not have been made.'
  const advice = !nothing && keyed ? ' Repeat the request with the same key.' : ''
  return `The request ran past its deadline and was cancelled. ${outcome}${advice}`
}

/** Codes of the project's own are for callers; an SQLSTATE or an internal failure would tell of the inside. */
function isPublic(code: string | undefined, kind: ProblemKind): code is string {
  return code?.startsWith('HOLDFAST_') === true && kind !== 'internal'
}

/**
 * The field of the request body that a constraint or column of the database stands for, by the naming rule
 * `chk_<table>_<column>`. Only a key that the caller sent can come out, so nothing of the schema leaks.
 */
function fieldOf(error: unknown, body: unknown): string | undefined {
  const { column, constraint } = properties(error)
  if (typeof body !== 'object' || body === null) return undefined
  const sent = Object.keys(body).sort((a, b) => b.length - a.length)
  return (
    sent.find(key => key === column) ?? sent.find(key => constraint !== undefined && names(constraint, key))
  )
}

/** Whether a constraint's name has a field in it. */
function names(constraint: string, key: string): boolean {
  // fk_sessions_creator stands for the column creator_id.
  return [key, key.replace(/_id$/, '')].some(
    name => constraint.endsWith(`_${name}`) || constraint.includes(`_${name}_`),
  )
}

/** The data module's own complaint about an argument, recognised by its shape: `field` and `expected`. */
function inputError(error: unknown): FieldError | undefined {
  const { field, expected } = properties(error)
  if (!(error instanceof Error) || field === undefined || expected === undefined) return undefined
  return { field, message: `must be ${expected}` }
}

/** Fastify's own errors carry a status; its messages are not told, because some quote the request. */
function fromStatus(error: unknown): Problem {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode
  if (typeof status !== 'number' || status < 400 || status >= 500)
    return new Problem('internal', { cause: error })
  return new Problem(BY_STATUS[status] ?? 'malformed-request', { cause: error })
}

/** Methods that change nothing. */
function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The fields of an error that decide something. */
type Property = 'code' | 'retry' | 'column' | 'constraint' | 'field' | 'expected'

/** The texts among them; an error can be anything that was thrown. */
function properties(error: unknown): Partial<Record<Property, string>> {
  const source = (typeof error === 'object' && error !== null ? error : {}) as Record<Property, unknown>
  const text = (name: Property) => (typeof source[name] === 'string' ? { [name]: source[name] } : {})
  return {
    ...text('code'),
    ...text('retry'),
    ...text('column'),
    ...text('constraint'),
    ...text('field'),
    ...text('expected'),
  }
}
