import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import { Problem } from './problem.js'
import { line } from './schemas/fields.js'

/** As many as fit on a screen. */
const DEFAULT_LIMIT = 20

/** What a list is asked with: `limit` and either `after` (steady and fast at any depth) or `offset`. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        default: DEFAULT_LIMIT,
        description: 'How many items at most.',
      }),
    ),
    after: Type.Optional(
      line({
        minLength: 1,
        maxLength: 512,
        description: 'The `next` of the page before. Steady while things are added, and fast at any depth.',
      }),
    ),
    offset: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100_000,
        description: 'How many items to skip. Not together with `after`.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** A page as it was asked for. */
export type Page =
  | { readonly kind: 'keyset'; readonly limit: number; readonly after?: string }
  | { readonly kind: 'offset'; readonly limit: number; readonly offset: number }

/** What a list answers with. */
export interface PageBody<T> {
  /** At most `limit`. */
  readonly items: T[]
  /** To be sent as `after` for the next page; `null` at the end, and on pages asked for by `offset`. */
  readonly next: string | null
}

/** The schema of a list of `item`s. */
export function pageOf<T extends Type.TSchema>(item: T, description: string) {
  return Type.Object(
    {
      items: Type.Array(item),
      next: Type.Union([Type.String(), Type.Null()], {
        description: 'The `after` of the next page; null at the end.',
      }),
    },
    { description },
  )
}

/**
 * The page that a query asks for.
 * @throws {Problem} `invalid-request` for `after` and `offset` together
 */
export function pageFrom({ limit = DEFAULT_LIMIT, after, offset }: Static<typeof PageQuery>): Page {
  if (offset === undefined) return { kind: 'keyset', limit, ...(after === undefined ? {} : { after }) }
  if (after === undefined) return { kind: 'offset', limit, offset }
  throw new Problem('invalid-request', {
    errors: [{ field: 'offset', message: 'must not be given together with after' }],
  })
}

/** Answers a keyset page, with a `Link` to the next one if there is one. */
export function sendPage<T>(request: FastifyRequest, reply: FastifyReply, page: PageBody<T>): PageBody<T> {
  if (page.next !== null) linkNext(request, reply, { after: page.next })
  return page
}

/** Answers a page asked for by offset; a full one links to the page behind it. */
export function sendOffsetPage<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  { items, page }: { items: T[]; page: Extract<Page, { kind: 'offset' }> },
): PageBody<T> {
  if (items.length === page.limit) linkNext(request, reply, { offset: String(page.offset + page.limit) })
  return { items, next: null }
}

/** The address of the request with other parameters, relative, so that it is right behind any proxy. */
function linkNext(
  request: FastifyRequest,
  reply: FastifyReply,
  change: Readonly<Record<string, string>>,
): void {
  const [path, query] = request.url.split('?', 2)
  const parameters = new URLSearchParams(query)
  for (const [name, value] of Object.entries(change)) parameters.set(name, value)
  reply.header('link', `<${path}?${parameters}>; rel="next"`)
}
