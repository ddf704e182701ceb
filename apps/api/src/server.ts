import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { IdempotencyService, KeyedLimits, UseCases } from '@holdfast/digis'
import Fastify, { type FastifyBaseLogger, type FastifyRequest, LogController } from 'fastify'
import type { App } from './app.js'
import { authenticate } from './authenticate.js'
import { authorize } from './authorize.js'
import type { Config } from './config.js'
import { type Deadline, requestedTimeout, startDeadline, TIMEOUT_HEADER } from './deadline.js'
import { answerBadAddress, answerErrors, answerUnknown, answerUnreadable } from './error-responses.js'
import { followRoutes } from './follow-routes.js'
import { limitRate } from './limit-rate.js'
import type { LivePage } from './live/live-page.js'
import { logRequests } from './log-requests.js'
import { describeRoutes, serveDocumentation } from './openapi.js'
import { requestId, sendHeaders } from './response-headers.js'
import { creatorDayRoutes } from './routes/creator-days.js'
import { creatorRoutes } from './routes/creators.js'
import { dashboardRoutes } from './routes/dashboard.js'
import { earningRoutes } from './routes/earnings.js'
import { type HealthSource, healthRoutes } from './routes/health.js'
import { type MetricsSource, metricsRoute } from './routes/metrics.js'
import { paymentRoutes } from './routes/payments.js'
import { problemRoutes } from './routes/problems.js'
import { sessionRoutes } from './routes/sessions.js'
import { type StatsSource, statsRoutes } from './routes/stats.js'
import { tokenRoutes } from './routes/tokens.js'
import { transferRoutes } from './routes/transfers.js'
import { userRoutes } from './routes/users.js'
import { webhookRoutes } from './routes/webhooks.js'
import { shareOrigins } from './share-origins.js'
import { compileValidator } from './validation.js'
import type { Identity, VerifyToken } from './verify-token.js'

/** What the service is made of; nothing is read from anywhere else. */
export interface Dependencies {
  /** Resolved once; nothing else is configured. */
  readonly config: Config
  /** Asked for health and numbers only; rows come through `digisWithin`. */
  readonly pool: HealthSource & StatsSource & MetricsSource
  /** The data module within what is left of a deadline, for who asks; called for each use. */
  readonly digisWithin: (deadline: Deadline, identity: Identity) => UseCases
  /** As whom somebody asks the database. Absent: everybody as the user of the pool. */
  readonly identityOf?: ((identity: Identity) => KeyedLimits['as']) | undefined
  /** The data module's own; it is given what is left of a deadline. */
  readonly applyOnce: IdempotencyService['applyOnce']
  /** Never throws; see {@link createTokenVerifier}. */
  readonly verifyToken: VerifyToken
  /** Absent: there is none. */
  readonly livePage?: LivePage | undefined
  /** pino, or whatever looks like it. */
  readonly logger: FastifyBaseLogger
}

/** How long a caller may take to send a whole request, in milliseconds. */
const RECEIVE_TIMEOUT = 30_000

/** Builds the service; it does not listen yet. The order below is the order in which a request meets the parts. */
export async function buildServer(dependencies: Dependencies): Promise<App> {
  const { config, pool, verifyToken, livePage, logger } = dependencies
  const app = createApp(config, logger)
  followRoutes(app)
  answerErrors(app)
  sendHeaders(app)
  logRequests(app)
  await shareOrigins(app, config.corsOrigins)
  setDeadlines(app, dependencies)
  authenticate(app, verifyToken)
  await limitRate(app, config.rateLimit)
  answerUnknown(app)
  await describeRoutes(app)
  await serveDocumentation(app)
  if (config.metrics !== false) metricsRoute(app, pool, config.metrics)
  if (livePage !== undefined) await dashboardRoutes(app, livePage)
  await app.register(async (api: App) => addRoutes(api, dependencies), { prefix: '/api' })
  return app
}

/** Fastify, set up so that nothing is answered, logged or parsed in another way than ours. */
function createApp(config: Config, logger: FastifyBaseLogger): App {
  const app = Fastify({
    loggerInstance: logger,
    // Our own line says route, status and time, and no address; see log-requests.ts.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: config.bodyLimit,
    requestTimeout: RECEIVE_TIMEOUT,
    requestIdHeader: false,
    genReqId: requestId,
    trustProxy: config.trustProxy.length === 0 ? false : [...config.trustProxy],
    // A request on a connection that is still open is answered, and told that it was the last.
    return503OnClosing: false,
    frameworkErrors: answerBadAddress,
    clientErrorHandler: answerUnreadable,
  })
  app.setValidatorCompiler(compileValidator)
  // Routes build exactly the documented fields, so nothing is left to filter.
  app.setSerializerCompiler(() => data => JSON.stringify(data))
  // JSON is the only thing that is read.
  app.removeContentTypeParser('text/plain')
  return app.withTypeProvider<TypeBoxTypeProvider>()
}

/** The first thing a request gets, so that waiting for the keys of its token counts too. */
function setDeadlines(app: App, { config, digisWithin, applyOnce, identityOf }: Dependencies): void {
  const { requestTimeout: limit } = config
  app.decorateRequest('deadline')
  app.decorateRequest('digis', {
    getter(this: FastifyRequest) {
      return digisWithin(this.deadline, this.identity)
    },
  })
  app.decorateRequest('applyOnce', function (this: FastifyRequest, request, work) {
    const { signal } = this.deadline
    const as = identityOf?.(this.identity)
    return applyOnce(request, work, { timeout: this.deadline.remaining(), signal, as })
  })
  app.addHook('onRequest', async (request, reply) => {
    request.deadline = startDeadline(requestedTimeout(request.headers[TIMEOUT_HEADER], limit), reply.raw)
  })
}

/** All that is under `/api` and checked for access. */
async function addRoutes(api: App, { config, pool }: Dependencies): Promise<void> {
  authorize(api)
  userRoutes(api)
  creatorRoutes(api)
  sessionRoutes(api)
  paymentRoutes(api)
  earningRoutes(api)
  creatorDayRoutes(api)
  tokenRoutes(api)
  transferRoutes(api)
  healthRoutes(api, pool)
  statsRoutes(api, pool)
  problemRoutes(api)
  await webhookRoutes(api, config.webhooks)
}
