import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { GivenAnswer, KeyedAnswer, KeyedRequest, UseCases, User } from '@holdfast/digis'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { Access } from './access.js'
import type { Deadline } from './deadline.js'
import type { KnownRoute } from './known-route.js'
import type { Refusal } from './log-problem.js'
import type { Identity } from './verify-token.js'

/** The service's Fastify instance: inputs and results are typed by the TypeBox schemas of each route. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>

/** All that the service adds to Fastify's own objects, in one place. */
declare module 'fastify' {
  interface FastifyInstance {
    /** Every route, in the order in which it was added. */
    readonly routeList: readonly KnownRoute[]
  }

  interface FastifyContextConfig {
    /** Who may call the route. */
    access?: Access
  }

  interface FastifyRequest {
    /** The time that the request has; set first of all. */
    deadline: Deadline
    /** Who asks; set before the rate limit and every check. */
    identity: Identity
    /** The profile of who asks; only on routes for members and creators. */
    profile: User | undefined
    /** What the request was refused for, for its line in the log. */
    refusal: Refusal | undefined
    /**
     * The data module within what is left of the deadline.
     * @throws {Problem} `timed-out` when nothing is left
     */
    readonly digis: UseCases
    /**
     * As the data module's, within what is left of the deadline.
     * @throws {Problem} `timed-out` when nothing is left
     */
    applyOnce(request: KeyedRequest, work: (digis: UseCases) => Promise<KeyedAnswer>): Promise<GivenAnswer>
  }
}
