import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from './app.js'
import { KEY_HEADER } from './idempotency-key.js'
import { allowedMethods } from './known-route.js'
import { logProblem } from './log-problem.js'
import { PROBLEM_MEDIA_TYPE, Problem, type ProblemKind, problemBody } from './problem.js'
import { protectionFor } from './response-headers.js'
import { toProblem } from './to-problem.js'

/** Answers `error` as a problem (RFC 9457) and logs it with the request's id. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { method, body: sent, headers } = request
  const problem = toProblem(error, { method, body: sent, keyed: headers[KEY_HEADER] !== undefined })
  // Before sending, so that the line of the request has it.
  logProblem(problem, request)
  const body = problemBody(problem, pathOf(request), request.id)
  return (
    reply
      .code(problem.status)
      .headers({ ...problem.details.headers })
      .type(PROBLEM_MEDIA_TYPE)
      // A route's schema describes its success; the body of a problem is complete as it is.
      .serializer((payload: unknown) => JSON.stringify(payload))
      .send(body)
  )
}

/** Every error of a request becomes a problem: thrown by a route, a hook or Fastify itself. */
export function answerErrors(app: App): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
}

/** An unknown address is 404, a known one with another method 405; both count for the rate limit. */
export function answerUnknown(app: App): void {
  const limit = app.hasDecorator('rateLimit') ? { preHandler: app.rateLimit() } : {}
  app.setNotFoundHandler(limit, (request, reply) => {
    const path = pathOf(request)
    const allowed = allowedMethods(app.routeList, path)
    if (allowed.length === 0)
      return sendProblem(new Problem('not-found', { detail: `There is nothing at ${path}.` }), request, reply)
    const detail = `${request.method} is not possible here, only ${allowed.join(', ')}.`
    return sendProblem(
      new Problem('method-not-allowed', { detail, headers: { allow: allowed.join(', ') } }),
      request,
      reply,
    )
  })
}

/** Answers an address that cannot be decoded; no hook has run and none will. */
export function answerBadAddress(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(error, request, reply.headers(protectionFor(request.id)))
  request.log.info({ method: request.method, route: 'unmatched', ...request.refusal }, 'Request')
}

/** What Node.js's HTTP parser reports; everything else is malformed. */
const KIND_BY_PARSER_CODE: Readonly<Record<string, ProblemKind>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
}

/** Answers what is not even HTTP, where there is neither request nor reply, and closes the connection. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem = new Problem(KIND_BY_PARSER_CODE[error.code ?? ''] ?? 'malformed-request')
  // No id was given to a request that could not be read.
  const body = JSON.stringify(problemBody(problem, '/', 'unread'))
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `Content-Type: ${PROBLEM_MEDIA_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

/** The path of a request without its query string, which may hold what nobody should read again. */
function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/'
}
