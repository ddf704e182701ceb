import Type from 'typebox'
import type { App } from '../app.js'
import { PageQuery, pageFrom, pageOf, sendOffsetPage, sendPage } from '../pagination.js'
import { Problem } from '../problem.js'
import { IdParams, line } from '../schemas/fields.js'
import { named } from '../schemas/named.js'
import { problems } from '../schemas/problem.js'
import { PublicProfile, publicProfile } from '../schemas/user.js'

/** A page of creators. */
const Creators = pageOf(named(PublicProfile), 'Creators, the newest first.')

/** A search is a list with words; see `searchCreators` of the data module for what they may be. */
const SearchQuery = Type.Object(
  {
    q: line({
      minLength: 1,
      maxLength: 100,
      description: 'Words of the names and the bio.',
      examples: ['salsa'],
    }),
    ...PageQuery.properties,
  },
  { additionalProperties: false },
)

/**
 * What everybody may know of creators: the list, the search, each of them.
 *
 * `GET /creators` · `GET /creators/search` · `GET /creators/:id`
 */
export function creatorRoutes(app: App): void {
  listCreators(app)
  searchCreators(app)
  readCreator(app)
}

/** All creators, by keyset or by offset. */
function listCreators(app: App): void {
  const schema = {
    tags: ['Creators'],
    summary: 'List creators',
    querystring: PageQuery,
    response: { 200: Creators, ...problems() },
  }
  app.get('/creators', { schema, config: { access: 'public' } }, async (request, reply) => {
    const page = pageFrom(request.query)
    if (page.kind === 'offset') {
      // A search without words finds all, in the same order.
      const { rows } = await request.digis.searchCreators('', page.limit, page.offset)
      return sendOffsetPage(request, reply, { items: rows.map(publicProfile), page })
    }
    const { rows, next } = await request.digis.listCreators(page)
    return sendPage(request, reply, { items: rows.map(publicProfile), next })
  })
}

/** The best match first, so a cursor is good for its own words only. */
function searchCreators(app: App): void {
  const schema = {
    tags: ['Creators'],
    summary: 'Search creators',
    querystring: SearchQuery,
    response: { 200: Creators, ...problems() },
  }
  app.get('/creators/search', { schema, config: { access: 'public' } }, async (request, reply) => {
    const { q, ...query } = request.query
    const page = pageFrom(query)
    if (page.kind === 'offset') {
      const { rows } = await request.digis.searchCreators(q, page.limit, page.offset)
      return sendOffsetPage(request, reply, { items: rows.map(publicProfile), page })
    }
    const { rows, next } = await request.digis.searchCreatorsPage(q, page)
    return sendPage(request, reply, { items: rows.map(publicProfile), next })
  })
}

/** A user who is no creator is not found here, whether they exist is not told. */
function readCreator(app: App): void {
  const schema = {
    tags: ['Creators'],
    summary: 'Read one creator',
    params: IdParams,
    response: { 200: named(PublicProfile), ...problems('not-found') },
  }
  app.get('/creators/:id', { schema, config: { access: 'public' } }, async request => {
    const user = await request.digis.getUserById(request.params.id)
    if (user === null || !user.is_creator) {
      throw new Problem('not-found', { detail: `There is no creator ${request.params.id}.` })
    }
    return publicProfile(user)
  })
}
