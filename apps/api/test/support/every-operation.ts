import type { Answer, Person, Sent, TestService } from './service.js'
import { signEvent, signToken } from './tokens.js'

/** Who and what the calls are about. */
export interface Cast {
  readonly fan: Person
  readonly creator: Person
  /** The id of a session of both that goes on. */
  readonly session: number
}

/** Sends `'GET /api/…'`. */
type Call = TestService['call']

/** Makes the people and the session that {@link callEverything} needs. */
export async function prepareCast(call: Call, join: TestService['join']): Promise<Cast> {
  const [fan, creator] = [await join(), await join({ is_creator: true })]
  const { body } = await call('POST /api/sessions', {
    token: fan.token,
    body: { creator_id: creator.id },
  })
  // So much that tips, spendings and payouts succeed however often they are made.
  await call('POST /api/payments', { token: fan.token, body: { session_id: body.id, amount: '100000' } })
  const purchase = { type: 'tokens.purchased', data: { user_id: fan.id, tokens: 100_000, cents: 500_000 } }
  await call('POST /api/webhooks/payments', signEvent(purchase))
  return { fan, creator, session: body.id }
}

/** Operations, as the API describes them, that need no database. */
const WITHOUT_DATABASE = [
  'GET /api/health/live',
  'GET /api/problems',
  'GET /api/problems/{kind}',
  'GET /api/stats',
]

/** Operations that answer in a form of their own when the database does not: probes. */
const PROBES = ['GET /api/health', 'GET /api/health/ready']

/** What answered, by operation. */
export interface Answers {
  readonly withDatabase: readonly Answer[]
  readonly probes: readonly Answer[]
  readonly withoutDatabase: readonly Answer[]
}

/**
 * Calls every operation of the API once, all at the same time, with what succeeds while the database works.
 *
 * @param headers are sent with each
 */
export async function callEverything(
  call: Call,
  cast: Cast,
  headers: Record<string, string> = {},
): Promise<Answers> {
  const service = await signToken({ role: 'service_role' })
  const newcomer = await signToken()
  const ask = (operation: string) => {
    const { path, ...sent } = requestFor(operation, { ...cast, service, newcomer })
    return call(`${operation.split(' ')[0]} ${path}`, { ...sent, headers: { ...sent.headers, ...headers } })
  }
  const all = (operations: readonly string[]) => Promise.all(operations.map(ask))
  const [withDatabase, probes, withoutDatabase] = await Promise.all([
    all(Object.keys(REQUESTS)),
    all(PROBES),
    all(WITHOUT_DATABASE),
  ])
  return { withDatabase, probes, withoutDatabase }
}

/** The operations that {@link callEverything} calls, to be compared with those that the API describes. */
export function calledOperations(): string[] {
  return [...Object.keys(REQUESTS), ...PROBES, ...WITHOUT_DATABASE].sort()
}

/** Whom a request is from and about. */
type Callers = Cast & { readonly service: string; readonly newcomer: string }
type Request = { readonly path: string } & Sent

const REQUESTS: Readonly<Record<string, (who: Callers) => Request>> = {
  'POST /api/users': ({ newcomer: token }) => ({ path: '/api/users', token, body: {} }),
  'GET /api/users/me': ({ fan: { token } }) => ({ path: '/api/users/me', token }),
  'PATCH /api/users/me': ({ fan: { token } }) => ({ path: '/api/users/me', token, body: { bio: 'x' } }),
  'GET /api/users/{id}': ({ fan: { token, id } }) => ({ path: `/api/users/${id}`, token }),
  'GET /api/users/me/earnings': ({ creator: { token } }) => ({ path: '/api/users/me/earnings', token }),
  'GET /api/users/me/statistics/daily': ({ creator: { token } }) => ({
    path: '/api/users/me/statistics/daily?from=2026-01-01&to=2026-12-31',
    token,
  }),
  'GET /api/users/me/tokens': ({ fan: { token } }) => ({ path: '/api/users/me/tokens', token }),
  'POST /api/users/{id}/tokens': ({ fan: { id }, service: token }) => ({
    path: `/api/users/${id}/tokens`,
    token,
    body: { operation: 'add', amount: 1 },
  }),
  'GET /api/creators': () => ({ path: '/api/creators' }),
  'GET /api/creators/search': () => ({ path: '/api/creators/search?q=x' }),
  'GET /api/creators/{id}': ({ creator: { id } }) => ({ path: `/api/creators/${id}` }),
  'POST /api/sessions': ({ fan: { token }, creator: { id } }) => ({
    path: '/api/sessions',
    token,
    body: { creator_id: id },
  }),
  'GET /api/sessions': ({ fan: { token } }) => ({ path: '/api/sessions', token }),
  'GET /api/sessions/active': ({ fan: { token } }) => ({ path: '/api/sessions/active', token }),
  'GET /api/sessions/{id}': ({ fan: { token }, session }) => ({ path: `/api/sessions/${session}`, token }),
  'POST /api/sessions/{id}/end': ({ fan: { token }, session }) => ({
    path: `/api/sessions/${session}/end`,
    token,
  }),
  'POST /api/payments': ({ fan: { token }, session }) => ({
    path: '/api/payments',
    token,
    body: { session_id: session, amount: '1' },
  }),
  'GET /api/users/me/statement': ({ fan: { token } }) => ({ path: '/api/users/me/statement', token }),
  'POST /api/tips': ({ fan: { token }, creator: { id } }) => ({
    path: '/api/tips',
    token,
    body: { creator_id: id, tokens: 1 },
  }),
  'POST /api/spendings': ({ fan: { token } }) => ({ path: '/api/spendings', token, body: { tokens: 1 } }),
  'POST /api/payouts': ({ creator: { token } }) => ({ path: '/api/payouts', token, body: { amount: '1' } }),
  'POST /api/webhooks/payments': ({ fan: { id } }) => ({
    path: '/api/webhooks/payments',
    ...signEvent({ type: 'tokens.purchased', data: { user_id: id, tokens: 1, cents: 5 } }),
  }),
  'GET /api/payments': ({ fan: { token } }) => ({ path: '/api/payments', token }),
}

/** The others are anybody's, or the service role's, and all alike. */
function requestFor(operation: string, who: Callers): Request {
  const [, path = ''] = operation.split(' ')
  return REQUESTS[operation]?.(who) ?? { path: path.replace('{kind}', 'conflict'), token: who.service }
}
