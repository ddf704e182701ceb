import type { User } from '@holdfast/digis'
import type { FastifyRequest } from 'fastify'
import type { Access } from './access.js'
import type { App } from './app.js'
import { Problem } from './problem.js'
import type { Identity } from './verify-token.js'

/** Which identities get past the token check. A bad token is as good as none where none is needed. */
const ADMITTED: Readonly<Record<Access, readonly Identity['kind'][]>> = {
  public: ['anonymous', 'person', 'service', 'rejected', 'undecided'],
  authenticated: ['person', 'service'],
  person: ['person'],
  member: ['person'],
  creator: ['person'],
  service: ['service'],
}

/** Checks every route's access: the token before the body is read, the profile after the input is validated. */
export function authorize(app: App): void {
  app.decorateRequest('profile')
  app.addHook('onRoute', ({ url, config }) => {
    if (config?.access === undefined)
      throw new Error(`The route ${url} does not say who may call it (config.access).`)
  })
  app.addHook('preParsing', async request => admit(request.identity, accessOf(request)))
  app.addHook('preHandler', async request => {
    const access = accessOf(request)
    if (access === 'member' || access === 'creator') request.profile = await loadProfile(request, access)
  })
}

/** The profile of who asks, on a route for members or creators. */
export function profileOf(request: FastifyRequest): User {
  if (request.profile === undefined)
    throw new Error('This route is not for members: its config.access says otherwise.')
  return request.profile
}

/** The `supabase_id` of who asks, on a route for people. */
export function supabaseIdOf(request: FastifyRequest): string {
  if (request.identity.kind !== 'person')
    throw new Error('This route is not for people: its config.access says otherwise.')
  return request.identity.supabaseId
}

/** Addresses without a route have no access of their own and answer 404 to anyone. */
function accessOf(request: FastifyRequest): Access {
  return request.routeOptions.config.access ?? 'public'
}

/** @throws {Problem} 401 without a valid token, 403 with one that does not allow this, 503 when the keys are away */
function admit(identity: Identity, access: Access): void {
  if (ADMITTED[access].includes(identity.kind)) return
  if (identity.kind === 'undecided') {
    const detail = 'The keys that tokens are verified with cannot be fetched.'
    throw new Problem('unavailable', {
      detail,
      code: 'KEYS_UNAVAILABLE',
      headers: { 'retry-after': '5' },
      cause: identity.cause,
    })
  }
  if (identity.kind === 'anonymous' || identity.kind === 'rejected') throw unauthenticated(identity)
  const whom = access === 'service' ? 'the service role' : 'people, not for the service role'
  throw new Problem('forbidden', { detail: `This is for ${whom}.` })
}

/** The challenge of RFC 6750, which says what was wrong with the token if there was one. */
function unauthenticated(identity: Extract<Identity, { kind: 'anonymous' | 'rejected' }>): Problem {
  if (identity.kind === 'anonymous') {
    return new Problem('unauthenticated', { headers: { 'www-authenticate': 'Bearer realm="digis"' } })
  }
  const description = identity.reason.replaceAll('"', "'")
  const challenge = `Bearer realm="digis", error="invalid_token", error_description="${description}"`
  return new Problem('unauthenticated', {
    detail: identity.reason,
    headers: { 'www-authenticate': challenge },
  })
}

/** @throws {Problem} `profile-missing` before joining, `forbidden` for a fan where creators are asked for */
async function loadProfile(request: FastifyRequest, access: Access): Promise<User> {
  const user = await request.digis.getUserBySupabaseId(supabaseIdOf(request))
  if (user === null) throw new Problem('profile-missing')
  if (access === 'creator' && !user.is_creator)
    throw new Problem('forbidden', { detail: 'This is for creators.' })
  return user
}
