/**
 * The kinds of problem that a response can report. `type` in a response is `/api/problems/<kind>`, and that address
 * answers with the row of this table. Stable: a kind is never renamed.
 */
export const PROBLEM_KINDS = {
  'invalid-request': {
    status: 400,
    title: 'Invalid request',
    about: 'A field does not fit; `errors` names each.',
  },
  'malformed-request': {
    status: 400,
    title: 'Malformed request',
    about: 'The request cannot be read: not JSON, or not HTTP.',
  },
  unauthenticated: {
    status: 401,
    title: 'Authentication required',
    about: 'There is no valid token; send `Authorization: Bearer <token>`.',
  },
  forbidden: { status: 403, title: 'Forbidden', about: 'The token is valid, but does not allow this.' },
  'profile-missing': {
    status: 403,
    title: 'No profile yet',
    about: 'The token is valid, but its user has no profile; create one by `POST /api/users`.',
  },
  'not-found': { status: 404, title: 'Not found', about: 'There is no such thing at this address.' },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    about: 'The address exists for the methods in `Allow`.',
  },
  'request-timeout': {
    status: 408,
    title: 'Request too slow',
    about: 'The request did not arrive completely in time.',
  },
  duplicate: { status: 409, title: 'Already exists', about: 'Something with the same unique value exists.' },
  conflict: { status: 409, title: 'Conflict', about: 'The state of the thing does not allow this change.' },
  'key-in-progress': {
    status: 409,
    title: 'Request in progress',
    about:
      'The request with this `Idempotency-Key` is still being handled; repeat it after `Retry-After` seconds to get its answer.',
  },
  'too-large': { status: 413, title: 'Body too large', about: 'The body is over the limit of the service.' },
  'uri-too-long': {
    status: 414,
    title: 'Address too long',
    about: 'The address of the request is over the limit.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    about: 'Bodies are `application/json`.',
  },
  'missing-reference': {
    status: 422,
    title: 'Reference to nothing',
    about: 'A field names something that does not exist.',
  },
  'key-reused': {
    status: 422,
    title: 'Idempotency key used before',
    about: '`Idempotency-Key` stands for another request; use a new key for each new request.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    about: 'The rate limit is reached; wait `Retry-After` seconds.',
  },
  'headers-too-large': {
    status: 431,
    title: 'Headers too large',
    about: 'The headers of the request are over the limit.',
  },
  internal: { status: 500, title: 'Internal error', about: 'Something failed that the caller cannot mend.' },
  'outcome-unknown': {
    status: 503,
    title: 'Outcome unknown',
    about:
      'The database was lost while it worked: the change may or may not have been made. Repeat the request with the same `Idempotency-Key`; one that had none may only be repeated after a look at what there is.',
  },
  unavailable: {
    status: 503,
    title: 'Database unavailable',
    about: 'The database cannot be reached; nothing was changed. Repeat after `Retry-After` seconds.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    about:
      'No database connection became free in time; nothing was changed. Repeat after `Retry-After` seconds.',
  },
  'timed-out': {
    status: 504,
    title: 'Timed out',
    about: 'The request ran past its deadline and was cancelled.',
  },
} as const satisfies Record<string, { status: number; title: string; about: string }>

/** The kind of a problem; the last part of its `type`. */
export type ProblemKind = keyof typeof PROBLEM_KINDS

/** One field of the request that does not fit. */
export interface FieldError {
  /** Path in the request: `bio`, `limit`, `Request-Timeout`. */
  readonly field: string
  /** What the field must be, as the end of a sentence: `must be given`. */
  readonly message: string
}

/** What a problem says beyond its kind. */
export interface ProblemDetails {
  /** One sentence for people; never SQL, a stack, a table or a connection. */
  readonly detail?: string
  /** A stable code that says more than the kind. */
  readonly code?: string
  readonly errors?: readonly FieldError[]
  /** Header fields that go with the response, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>>
  /** For the log only. */
  readonly cause?: unknown
}

/** Thrown by the service to answer with a problem (RFC 9457). */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** Says how to answer; the log has it too. */
  readonly kind: ProblemKind
  readonly status: number
  readonly details: ProblemDetails

  constructor(kind: ProblemKind, details: ProblemDetails = {}) {
    super(
      details.detail ?? sentence(details.errors) ?? PROBLEM_KINDS[kind].about,
      'cause' in details ? { cause: details.cause } : undefined,
    )
    this.kind = kind
    this.status = PROBLEM_KINDS[kind].status
    this.details = details
  }
}

/** The detail of a request whose fields do not fit, when it is not given. */
function sentence(errors: readonly FieldError[] | undefined): string | undefined {
  if (errors === undefined || errors.length === 0) return undefined
  return `${errors.map(({ field, message }) => `${field} ${message}`).join('; ')}.`
}

/** The body of a problem response. */
export interface ProblemBody {
  /** An address that says what the kind means. */
  readonly type: string
  /** The same for every problem of the kind. */
  readonly title: string
  /** As the response's own, for bodies that are kept without it. */
  readonly status: number
  /** One sentence on this very problem. */
  readonly detail: string
  /** The path that was asked for, without its query. */
  readonly instance: string
  readonly code?: string
  readonly errors?: readonly FieldError[]
  /** Finds the request in the log; also in the header `X-Request-Id`. */
  readonly requestId: string
}

/** The media type of every error response. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json; charset=utf-8'

/** The body for `problem`, in answer to the request `requestId` at `path` (without its query string). */
export function problemBody(problem: Problem, path: string, requestId: string): ProblemBody {
  const { code, errors } = problem.details
  return {
    type: `/api/problems/${problem.kind}`,
    title: PROBLEM_KINDS[problem.kind].title,
    status: problem.status,
    detail: problem.message,
    instance: path,
    ...(code === undefined ? {} : { code }),
    ...(errors === undefined ? {} : { errors }),
    requestId,
  }
}
