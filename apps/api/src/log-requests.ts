import type { App } from './app.js'

/** One line for each request: its route (never the address, which may hold what people searched for), status, time. */
export function logRequests(app: App): void {
  app.decorateRequest('refusal')
  app.addHook('onResponse', async (request, reply) => {
    const { url: route = 'unmatched' } = request.routeOptions
    const { statusCode: status, elapsedTime } = reply
    const line = {
      method: request.method,
      route,
      status,
      ms: Math.round(elapsedTime * 10) / 10,
      ...request.refusal,
    }
    // Probes come every few seconds and say nothing when they succeed.
    const quiet = status < 400 && route.startsWith('/api/health')
    request.log[quiet ? 'debug' : 'info'](line, 'Request')
  })
  // There is no response, so there is no line for it either: this one tells what became of the request.
  app.addHook('onRequestAbort', async request => {
    request.log.info(
      { method: request.method, route: request.routeOptions.url ?? 'unmatched' },
      'Caller gone',
    )
  })
}
