import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import type { FastifyRequest } from 'fastify'
import type { App } from './app.js'
import type { Config } from './config.js'
import { Problem } from './problem.js'

/** How many callers are remembered at once; the one seen longest ago is forgotten first. */
const CALLERS = 50_000

/**
 * Limits how often one person, or one address without a valid token, may ask. The service role is not limited, and
 * neither are routes with `config.rateLimit: false`.
 */
export async function limitRate(app: App, { max, window }: Config['rateLimit']): Promise<void> {
  if (max === 0) return
  await app.register(rateLimit, {
    max,
    timeWindow: window,
    cache: CALLERS,
    // RateLimit-Limit, -Remaining and -Reset, as in the draft of the IETF, instead of X- headers.
    enableDraftSpec: true,
    keyGenerator: callerOf,
    allowList: request => request.identity.kind === 'service',
    errorResponseBuilder: () => new Problem('too-many-requests'),
  })
}

/** A person is one caller on all their devices; an IPv6 network of 64 bits counts as one address. */
function callerOf({ identity, ip }: FastifyRequest): string {
  return identity.kind === 'person' ? identity.supabaseId : normalizeIP(ip)
}
