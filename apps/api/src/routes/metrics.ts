import { METRICS_CONTENT_TYPE, type MetricsFormat } from 'holdfast'
import type { App } from '../app.js'
import type { MetricsConfig } from '../config.js'
import { operatorAccess } from '../operator-access.js'
import { Problem } from '../problem.js'

/** What the service asks of its pool to be scraped. */
export interface MetricsSource {
  metrics(options: { readonly format: MetricsFormat }): string
}

/**
 * The metrics of the database pool for Prometheus, or as OpenMetrics for who accepts that.
 *
 * `GET /metrics`
 *
 * @throws {Problem} 401 without the token where one is set, 403 from another machine where none is
 */
export function metricsRoute(app: App, pool: MetricsSource, { token }: MetricsConfig): void {
  // For machines beside the API: it is no part of the document.
  const options = { schema: { hide: true }, config: { access: 'public', rateLimit: false } } as const
  app.get('/metrics', options, async (request, reply) => {
    const access = operatorAccess(request, token)
    if (access === 'token-needed') {
      throw new Problem('unauthenticated', { headers: { 'www-authenticate': 'Bearer realm="metrics"' } })
    }
    if (access === 'elsewhere') {
      throw new Problem('forbidden', {
        detail: 'Metrics are told on the machine of the service only; elsewhere it takes a METRICS_TOKEN.',
      })
    }
    const isOpen = /application\/openmetrics-text/i.test(request.headers.accept ?? '')
    const format = isOpen ? 'openmetrics' : 'prometheus'
    return reply
      .type(METRICS_CONTENT_TYPE[format])
      .serializer((text: unknown) => String(text))
      .send(pool.metrics({ format }))
  })
}
