import Type from 'typebox'
import { PROBLEM_KINDS, type ProblemKind } from '../problem.js'

/** One entry of `errors`. */
const FieldErrorBody = Type.Object({
  field: Type.String({ description: 'Where in the request.', examples: ['price_per_min'] }),
  message: Type.String({ examples: ['must be given'] }),
})

/** Every error response has this body, as `application/problem+json` (RFC 9457). */
export const ProblemResponse = Type.Object(
  {
    type: Type.String({ format: 'uri-reference', examples: ['/api/problems/invalid-request'] }),
    title: Type.String({ examples: ['Invalid request'] }),
    status: Type.Integer({ examples: [400] }),
    detail: Type.String({ examples: ['A field does not fit; `errors` names each.'] }),
    instance: Type.String({ format: 'uri-reference', examples: ['/api/users/me'] }),
    code: Type.Optional(Type.String({ description: 'A stable code that says more than the type.' })),
    errors: Type.Optional(Type.Array(FieldErrorBody)),
    requestId: Type.String({ description: 'Names the request in the log.' }),
  },
  { $id: 'Problem', description: 'What went wrong (RFC 9457).' },
)

/** Goes with 429, 503 and a key in progress: the header is documented where it is sent. */
const RETRY_AFTER = { type: 'integer', description: 'Seconds until a repetition has a chance.' }

/** What any request can meet: a bad address or header, the rate limit, a failure, a lost or busy database. */
const ALWAYS: readonly ProblemKind[] = [
  'invalid-request',
  'too-many-requests',
  'internal',
  'overloaded',
  'unavailable',
  'timed-out',
]

/** What a request with an `Idempotency-Key` can meet besides. */
export const KEY_PROBLEMS = ['key-in-progress', 'key-reused', 'outcome-unknown'] as const

/** The error responses of a route: those that any request can meet and the `kinds` of its own. */
export function problems(...kinds: readonly ProblemKind[]) {
  // OpenAPI has one response for each status.
  const byStatus = new Map<number, ProblemKind[]>()
  for (const kind of new Set([...kinds, ...ALWAYS])) {
    const { status } = PROBLEM_KINDS[kind]
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind])
  }
  return Object.fromEntries([...byStatus].map(([status, same]) => [status, response(same)]))
}

/** Several kinds can share a status; the `type` of the body tells them apart. */
function response(kinds: readonly ProblemKind[]) {
  const description = kinds.map(kind => PROBLEM_KINDS[kind].title).join(', or: ')
  const repeatable = kinds.some(
    kind => kind === 'key-in-progress' || [429, 503].includes(PROBLEM_KINDS[kind].status),
  )
  return {
    description,
    ...(repeatable ? { headers: { 'Retry-After': RETRY_AFTER } } : {}),
    content: { 'application/problem+json': { schema: Type.Ref('Problem') } },
  }
}
