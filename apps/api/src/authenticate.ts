import type { FastifyRequest } from 'fastify'
import type { App } from './app.js'
import type { Identity, VerifyToken } from './verify-token.js'

const ANONYMOUS: Identity = Object.freeze({ kind: 'anonymous' })

/**
 * Decides of every request who asks. It refuses nothing by itself: a bad token on a public address is nobody's
 * problem, and {@link authorize} refuses it where an identity is needed.
 */
export function authenticate(app: App, verify: VerifyToken): void {
  app.decorateRequest('identity')
  app.addHook('onRequest', async request => {
    request.identity = await identify(request, verify)
  })
}

/** Only the bearer scheme exists; another one is a mistake that is worth telling. */
async function identify(request: FastifyRequest, verify: VerifyToken): Promise<Identity> {
  const header = request.headers.authorization
  if (header === undefined) return ANONYMOUS
  const token = /^Bearer +([^\s]+) *$/i.exec(header)?.[1]
  if (token === undefined)
    return { kind: 'rejected', reason: 'The Authorization header is not "Bearer <token>".' }
  return verify(token)
}
