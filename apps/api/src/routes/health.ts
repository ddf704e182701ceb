import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import type { App } from '../app.js'
import { type CacheSource, cacheState } from '../cache-state.js'
import { databaseProbe, type ProbedPool } from '../database-probe.js'
import { describeError } from '../log-problem.js'

/** What the service asks of its pool to know whether it can serve. */
export type HealthSource = CacheSource & ProbedPool

/** Says nothing of the database: a process is not restarted because its database is away. */
const Live = Type.Object({ status: Type.Literal('ok') }, { description: 'It runs.' })

/** The fields that readiness and the overview share. */
const READY = {
  status: Type.Enum(['ok', 'stopping', 'unavailable']),
  database: Type.Object({ healthy: Type.Boolean(), latencyMs: Type.Union([Type.Number(), Type.Null()]) }),
  cache: Type.Object(
    {
      status: Type.Enum(['ok', 'degraded', 'off']),
      tier: Type.Union([Type.Enum(['process', 'redis']), Type.Null()]),
    },
    { description: 'While it is degraded, reads are slower and nothing else: the service is ready.' },
  ),
}

const Ready = Type.Object(READY, { description: 'Whether the database answers.' })

const Health = Type.Object(
  { ...READY, uptimeSeconds: Type.Number() },
  { description: 'The same, for people.' },
)

/** Probes come often and from one address, so they count for no limit. */
const OPEN = { access: 'public', rateLimit: false } as const

/**
 * Whether the process runs (`live`), whether it can serve (`ready`), and both for people.
 *
 * `GET /health/live` · `GET /health/ready` · `GET /health`
 */
export function healthRoutes(app: App, pool: HealthSource): void {
  // A load balancer that asks during the shutdown sends nobody here any more.
  let stopping = false
  app.addHook('preClose', async () => {
    stopping = true
  })
  const probe = databaseProbe(pool)
  const check = async (request: FastifyRequest, reply: FastifyReply): Promise<Static<typeof Ready>> => {
    const { healthy, latencyMs, error } = await probe(request.deadline.remaining())
    if (!healthy) request.log.warn({ error: describeError(error) }, 'The database does not answer')
    const status = stopping ? 'stopping' : healthy ? 'ok' : 'unavailable'
    reply.code(status === 'ok' ? 200 : 503)
    return { status, database: { healthy, latencyMs }, cache: cacheState(pool) }
  }
  const tags = ['Operation']
  app.get(
    '/health/live',
    { schema: { tags, summary: 'Does the process run?', response: { 200: Live } }, config: OPEN },
    async () => ({
      status: 'ok' as const,
    }),
  )
  const ready = { tags, summary: 'Can it serve?', response: { 200: Ready, 503: Ready } }
  app.get('/health/ready', { schema: ready, config: OPEN }, check)
  const health = { tags, summary: 'How is it?', response: { 200: Health, 503: Health } }
  app.get('/health', { schema: health, config: OPEN }, async (request, reply) => ({
    ...(await check(request, reply)),
    uptimeSeconds: Math.round(process.uptime()),
  }))
}
