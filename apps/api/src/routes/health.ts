import type { FastifyReply, FastifyRequest } from 'fastify'
import Type, { type Static } from 'typebox'
import type { App } from '../app.js'
import { type CacheSource, cacheState } from '../cache-state.js'
import { describeError } from '../log-problem.js'

/** What the service asks of its pool to know whether the database answers. */
export interface HealthSource extends CacheSource {
  /** Never throws. */
  health(options: {
    timeout: number
  }): Promise<{ healthy: boolean; latencyMs?: number | undefined; error?: unknown }>
}

/** A database that needs longer than this is not ready, in milliseconds; a probe waits no longer. */
const HEALTH_TIMEOUT = 2_000

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
  // The pool's own words on a failure stay inside: they name hosts.
  const check = async (request: FastifyRequest, reply: FastifyReply): Promise<Static<typeof Ready>> => {
    const timeout = Math.min(HEALTH_TIMEOUT, request.deadline.remaining())
    const { healthy, latencyMs = null, error } = await pool.health({ timeout })
    if (!healthy) request.log.warn({ error: describeError(error) }, 'The database does not answer')
    const status = stopping ? 'stopping' : healthy ? 'ok' : 'unavailable'
    reply.code(status === 'ok' ? 200 : 503)
    const database = { healthy, latencyMs: healthy ? latencyMs : null }
    return { status, database, cache: cacheState(pool) }
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
