import type { Session, UseCases } from '@holdfast/digis'
import Type from 'typebox'
import { answerOnce } from '../answer-once.js'
import type { App } from '../app.js'
import { profileOf } from '../authorize.js'
import { KeyHeaders } from '../idempotency-key.js'
import { only } from '../only.js'
import { PageQuery, pageFrom, pageOf, sendOffsetPage, sendPage } from '../pagination.js'
import { Problem } from '../problem.js'
import { IdParams } from '../schemas/fields.js'
import { named } from '../schemas/named.js'
import { KEY_PROBLEMS, problems } from '../schemas/problem.js'
import { NewSession, SessionBody, sessionBody } from '../schemas/session.js'

/**
 * Sessions of the two people who take part in them.
 *
 * `POST /sessions` · `GET /sessions` · `GET /sessions/active` · `GET /sessions/:id` · `POST /sessions/:id/end`
 */
export function sessionRoutes(app: App): void {
  startSession(app)
  listSessions(app)
  listActiveSessions(app)
  readSession(app)
  endSession(app)
}

/** Whoever asks is the fan, and the other one must be a creator. */
function startSession(app: App): void {
  const schema = {
    tags: ['Sessions'],
    summary: 'Start a session as its fan',
    headers: KeyHeaders,
    body: NewSession,
    response: {
      201: named(SessionBody),
      ...problems(
        'missing-reference',
        'too-large',
        'unsupported-media-type',
        'malformed-request',
        ...KEY_PROBLEMS,
      ),
    },
  }
  app.post('/sessions', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { creator_id, type } = request.body
    const { id } = profileOf(request)
    return answerOnce(request, reply, async digis => {
      await requireCreator(digis, creator_id, id)
      const started = only(await digis.createSession(creator_id, id, type))
      return { status: 201, location: `/api/sessions/${started.id}`, body: sessionBody(started) }
    })
  })
}

/** @throws {Problem} `invalid-request` for oneself, `missing-reference` for somebody who is no creator */
async function requireCreator(digis: UseCases, id: number, fan: number): Promise<void> {
  if (id === fan) throw invalidCreator('must be somebody else', 'invalid-request')
  const user = await digis.getUserById(id)
  // Somebody who does not exist is left to the foreign key, which is right also when they vanish in between.
  if (user?.is_creator === false) throw invalidCreator('must name a creator', 'missing-reference')
}

function invalidCreator(message: string, kind: 'invalid-request' | 'missing-reference'): Problem {
  return new Problem(kind, { errors: [{ field: 'creator_id', message }] })
}

/** Those in which the person is the creator or the fan. */
function listSessions(app: App): void {
  const schema = {
    tags: ['Sessions'],
    summary: 'List the own sessions',
    querystring: PageQuery,
    response: { 200: pageOf(named(SessionBody), 'The own sessions, the newest first.'), ...problems() },
  }
  app.get('/sessions', { schema, config: { access: 'member' } }, async (request, reply) => {
    const user = profileOf(request).id
    const page = pageFrom(request.query)
    if (page.kind === 'offset') {
      const { rows } = await request.digis.getUserSessions(user, page.limit, page.offset)
      return sendOffsetPage(request, reply, { items: rows.map(sessionBody), page })
    }
    const { rows, next } = await request.digis.listUserSessions(user, page)
    return sendPage(request, reply, { items: rows.map(sessionBody), next })
  })
}

/** Those that go on. Nobody has many, so there are no pages. */
function listActiveSessions(app: App): void {
  const schema = {
    tags: ['Sessions'],
    summary: 'List the own running sessions',
    response: {
      200: Type.Object(
        { items: Type.Array(named(SessionBody)) },
        { description: 'The own sessions that go on.' },
      ),
      ...problems(),
    },
  }
  app.get('/sessions/active', { schema, config: { access: 'member' } }, async request => {
    const { rows } = await request.digis.getActiveSessions(profileOf(request).id)
    return { items: rows.map(sessionBody) }
  })
}

/** Only the two people of a session see it. */
function readSession(app: App): void {
  const schema = {
    tags: ['Sessions'],
    summary: 'Read one of the own sessions',
    params: IdParams,
    response: { 200: named(SessionBody), ...problems('forbidden', 'not-found') },
  }
  app.get('/sessions/:id', { schema, config: { access: 'member' } }, async request =>
    sessionBody(await ownSession(request.digis, request.params.id, profileOf(request).id)),
  )
}

/** Either of the two ends it. Safe to repeat without a key too, so a caller that got no answer just asks again. */
function endSession(app: App): void {
  const schema = {
    tags: ['Sessions'],
    summary: 'End one of the own sessions',
    description: 'Ending it again changes nothing and answers with the session as it is.',
    headers: KeyHeaders,
    params: IdParams,
    response: { 200: named(SessionBody), ...problems('forbidden', 'not-found', ...KEY_PROBLEMS) },
  }
  app.post('/sessions/:id/end', { schema, config: { access: 'member' } }, async (request, reply) => {
    const { id } = request.params
    const user = profileOf(request).id
    return answerOnce(request, reply, async digis => {
      await ownSession(digis, id, user)
      return { status: 200, body: sessionBody(only(await digis.endSession(id))) }
    })
  })
}

/** A session that `user` takes part in. */
async function ownSession(digis: UseCases, id: number, user: number): Promise<Session> {
  const session = await digis.getSessionById(id)
  if (session === null) throw new Problem('not-found', { detail: `There is no session ${id}.` })
  if (user !== session.creator_id && user !== session.fan_id) {
    throw new Problem('forbidden', { detail: 'The session is of other people.' })
  }
  return session
}
