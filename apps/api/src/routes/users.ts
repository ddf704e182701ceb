import { answerOnce } from '../answer-once.js'
import type { App } from '../app.js'
import { profileOf, supabaseIdOf } from '../authorize.js'
import { KeyHeaders } from '../idempotency-key.js'
import { only } from '../only.js'
import { Problem } from '../problem.js'
import { IdParams } from '../schemas/fields.js'
import { named } from '../schemas/named.js'
import { KEY_PROBLEMS, problems } from '../schemas/problem.js'
import {
  NewProfile,
  OwnProfile,
  ownProfile,
  ProfileChange,
  PublicProfile,
  profileChanges,
  publicProfile,
} from '../schemas/user.js'

/**
 * Joining, one's own profile, and the public one of others.
 *
 * `POST /users` · `GET /users/me` · `PATCH /users/me` · `GET /users/:id`
 */
export function userRoutes(app: App): void {
  join(app)
  readOwn(app)
  changeOwn(app)
  readOther(app)
}

/** The `sub` of the token decides whose profile it is: nothing in the body can. */
function join(app: App): void {
  const schema = {
    tags: ['Users'],
    summary: 'Create the own profile',
    description: 'Creates the profile for the `sub` of the token.',
    headers: KeyHeaders,
    body: NewProfile,
    response: {
      201: named(OwnProfile),
      ...problems('duplicate', 'too-large', 'unsupported-media-type', 'malformed-request', ...KEY_PROBLEMS),
    },
  }
  app.post('/users', { schema, config: { access: 'person' } }, async (request, reply) => {
    const { is_creator, bio, profile_pic_url, price_per_min, display_name, username } = request.body
    const supabaseId = supabaseIdOf(request)
    return answerOnce(request, reply, async digis => {
      const created = await digis.createUser(
        supabaseId,
        is_creator,
        bio,
        profile_pic_url,
        price_per_min,
        display_name,
        username,
      )
      return { status: 201, location: '/api/users/me', body: ownProfile(only(created)) }
    })
  })
}

/** Open to people without a profile: asking for it is how an application finds out that there is none yet. */
function readOwn(app: App): void {
  const schema = {
    tags: ['Users'],
    summary: 'Read the own profile',
    response: { 200: named(OwnProfile), ...problems('not-found') },
  }
  app.get('/users/me', { schema, config: { access: 'person' } }, async request => {
    const user = await request.digis.getUserBySupabaseId(supabaseIdOf(request))
    if (user === null)
      throw new Problem('not-found', { detail: 'There is no profile yet; create it by POST /api/users.' })
    return ownProfile(user)
  })
}

/** Leaves out of the body what shall stay as it is. */
function changeOwn(app: App): void {
  const schema = {
    tags: ['Users'],
    summary: 'Change the own profile',
    description: 'Changes the given fields and leaves the others. `null` takes a name away.',
    body: ProfileChange,
    response: {
      200: named(OwnProfile),
      ...problems('duplicate', 'too-large', 'unsupported-media-type', 'malformed-request'),
    },
  }
  app.patch('/users/me', { schema, config: { access: 'member' } }, async request => {
    const changes = profileChanges(request.body)
    const changed = await request.digis.updateUserProfile(profileOf(request).supabase_id, changes)
    return ownProfile(only(changed))
  })
}

/** Fans are shown to those who are signed in only; creators are public, see `creators.ts`. */
function readOther(app: App): void {
  const schema = {
    tags: ['Users'],
    summary: 'Read the public profile of a user',
    params: IdParams,
    response: { 200: named(PublicProfile), ...problems('not-found') },
  }
  app.get('/users/:id', { schema, config: { access: 'authenticated' } }, async request => {
    const user = await request.digis.getUserById(request.params.id)
    if (user === null) throw new Problem('not-found', { detail: `There is no user ${request.params.id}.` })
    return publicProfile(user)
  })
}
