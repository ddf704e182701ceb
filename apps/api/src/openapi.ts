import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifySchema } from 'fastify'
import type { Access } from './access.js'
import type { App } from './app.js'
import type { ProblemKind } from './problem.js'
import { CreatorDayBody } from './schemas/creator-day.js'
import { EarningsBody, PaymentBody } from './schemas/payment.js'
import { ProblemResponse, problems } from './schemas/problem.js'
import { SessionBody } from './schemas/session.js'
import { TokenBalance } from './schemas/token-balance.js'
import { ReceivedBody, StatementLineBody, TransferBody } from './schemas/transfer.js'
import { OwnProfile, PublicProfile } from './schemas/user.js'

/** The schemas that the document describes once, by name. */
const NAMED = [
  ProblemResponse,
  PublicProfile,
  OwnProfile,
  SessionBody,
  PaymentBody,
  EarningsBody,
  CreatorDayBody,
  TokenBalance,
  TransferBody,
  StatementLineBody,
  ReceivedBody,
]

/** What holds for every operation, on top of the document. */
const DESCRIPTION = `The DIGIS backend.

Send \`Authorization: Bearer <token>\` with a token of Supabase. Every error is a problem document
(\`application/problem+json\`, RFC 9457). Lists take \`limit\` and either \`after\`, the \`next\` of the page before, or \`offset\`;
the \`Link\` header leads to the next page. \`Request-Timeout\` asks for an answer within so many seconds.

A \`POST\` may carry an \`Idempotency-Key\`: it is then applied once, however often it is sent, and may be repeated after any
409, 503 or 504 and when no answer came. Only answers that succeeded are kept, for 24 hours.`

/** What each access adds to the documented responses of a route. */
const REFUSALS: Readonly<Record<Access, readonly ProblemKind[]>> = {
  public: [],
  authenticated: ['unauthenticated'],
  person: ['unauthenticated', 'forbidden'],
  member: ['unauthenticated', 'profile-missing', 'forbidden'],
  creator: ['unauthenticated', 'profile-missing', 'forbidden'],
  service: ['unauthenticated', 'forbidden'],
}

/** Collects every route that is added from now on into one OpenAPI document. */
export async function describeRoutes(app: App): Promise<void> {
  for (const schema of NAMED) app.addSchema(schema)
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'DIGIS',
        version: '0.1.0',
        description: DESCRIPTION,
        license: { name: 'MIT', identifier: 'MIT' } as never,
      },
      servers: [{ url: '/', description: 'This server' }],
      tags: ['Users', 'Creators', 'Sessions', 'Payments', 'Earnings', 'Tokens', 'Webhooks', 'Operation'].map(
        name => ({
          name,
        }),
      ),
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'A token of Supabase.',
          },
        },
      },
    },
    // Names as we gave them, instead of `def-0`.
    refResolver: {
      buildLocalReference: (...[json, , , index]) => String(json.$id ?? `schema-${index}`),
    },
    transform: ({ schema, url, route }) => ({
      url,
      schema: documented(schema, {
        method: String(route.method),
        url,
        access: route.config?.access ?? 'public',
      }),
    }),
  })
}

/** The document at `/api/openapi.json` and a page to read it at `/api/docs`, which loads nothing from elsewhere. */
export async function serveDocumentation(app: App): Promise<void> {
  const schema = { hide: true }
  app.get('/api/openapi.json', { schema, config: { access: 'public' } }, async () => app.swagger())
  await app.register(swaggerUi, {
    routePrefix: '/api/docs',
    staticCSP:
      "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'",
    theme: { title: 'DIGIS' },
    // The plain layout has no bar on top with a logo and an address to type.
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', tryItOutEnabled: true },
  })
}

/** What the document needs to know of a route besides its schema. */
interface Route {
  readonly method: string
  readonly url: string
  readonly access: Access
}

/** Adds to a route's own schema what follows from its access and its address. */
function documented(schema: FastifySchema | undefined, { method, url, access }: Route): FastifySchema {
  const response = schema?.response as Record<string, unknown> | undefined
  const kinds = REFUSALS[access]
  return {
    ...schema,
    operationId: operationId(method, url),
    ...(kinds.length === 0 ? {} : { security: [{ bearer: [] }] }),
    response: { ...response, ...(kinds.length === 0 ? {} : refusals(kinds)) },
  } as FastifySchema
}

/** Only the responses of refusals: what any request can meet is documented by the routes themselves. */
function refusals(kinds: readonly ProblemKind[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(problems(...kinds)).filter(([status]) => status === '401' || status === '403'),
  )
}

/** `GET /api/users/:id` is `getUsersById`. */
function operationId(method: string, url: string): string {
  const parts = url.replace(/^\/api\//, '').split(/[/-]/)
  const words = parts.map(part => (part.startsWith(':') ? `By${capital(part.slice(1))}` : capital(part)))
  return method.toLowerCase() + words.join('')
}

/** `user` is `User`. */
function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
