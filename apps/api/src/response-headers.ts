import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { App } from './app.js'

/** What every response of an API says to browsers: run nothing, frame nothing, guess nothing, keep nothing. */
const PROTECTION: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

/** Sends the protecting headers and the request's id with every response; a route's own value of one goes first. */
export function sendHeaders(app: App): void {
  // Set before the first connection is closed, so that no response after it says otherwise.
  let closing = false
  app.addHook('preClose', async () => {
    closing = true
  })
  app.addHook('onSend', async (request, reply) => {
    for (const [name, value] of Object.entries(protectionFor(request.id))) {
      if (!reply.hasHeader(name)) reply.header(name, value)
    }
    // A connection that was busy when the shutdown began would otherwise stay open for its next request.
    if (closing) reply.header('connection', 'close')
  })
}

/** The headers that go with the response to the request `id`. */
export function protectionFor(id: string): Readonly<Record<string, string>> {
  return { ...PROTECTION, 'x-request-id': id }
}

/** The caller's `X-Request-Id` if it is short and plain, else a new one. */
export function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}
