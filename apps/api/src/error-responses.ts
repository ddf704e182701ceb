import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from './app.js'
import { logProblem } from './log-problem.js'
import { PROBLEM_MEDIA_TYPE, Problem, type ProblemKind, problemBody } from './problem.js'
import { toProblem } from './to-problem.js'

/** Answers `error` as a problem (RFC 9457) and logs it with the request's id. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, { method: request.method, body: request.body })
  logProblem(problem, request)
  const body = problemBody(problem, pathOf(request), request.id)
  return reply
    .code(problem.status)
    .headers({ ...problem.details.headers })
    .type(PROBLEM_MEDIA_TYPE)
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(body)
}

/**
 * Every error of a request becomes a problem: thrown by a route, a hook or Fastify itself. An unknown address is 404,
 * a known one with another method 405.
 */
export function answerErrors(app: App, allowedMethods: (path: string) => readonly string[]): void {
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const allowed = allowedMethods(pathOf(request))
    const problem =
      allowed.length === 0
        ? new Problem('not-found', { detail: `There is nothing at ${pathOf(request)}.` })
        : new Problem('method-not-allowed', {
            detail: `${request.method} is not possible here, but ${allowed.join(', ')}.`,
            headers: { allow: allowed.join(', ') },
          })
    return sendProblem(problem, request, reply)
  })
}

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
