import cors from '@fastify/cors'
import type { App } from './app.js'

/** Lets pages of the given origins call the service and read its answers; with none, browsers allow no page to. */
export async function shareOrigins(app: App, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PATCH'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'Request-Timeout', 'X-Request-Id'],
    // Pages read only headers that are named here.
    exposedHeaders: [
      'Idempotent-Replayed',
      'Link',
      'Location',
      'Retry-After',
      'X-Request-Id',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
    ],
    maxAge: 600,
    // Otherwise an OPTIONS that is no preflight gets an error that is not a problem document.
    strictPreflight: false,
  })
}
