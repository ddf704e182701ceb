import type { FastifyRequest } from 'fastify'
import { errorCategory } from 'holdfast'
import type { Problem } from './problem.js'

/** What is logged of an error: no enumerable field of the driver's, because they may hold values. */
export interface LoggedError {
  readonly name: string
  readonly code?: string
  readonly category?: string
  readonly stack?: string
  readonly cause?: LoggedError
}

/** Logs a problem with the request's id: the service's own failures with their stack, the caller's in one line. */
export function logProblem(problem: Problem, request: FastifyRequest): void {
  const { kind, status } = problem
  if (status >= 500) {
    request.log.error({ problem: kind, error: describeError(problem.cause ?? problem) }, problem.message)
    return
  }
  const cause = problem.cause === undefined ? {} : { error: withoutText(describeError(problem.cause)) }
  request.log.info({ problem: kind, ...cause }, `Refused: ${kind}`)
}

/** An error as data for the log, with its causes, at most five deep. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code } = error as { code?: unknown }
  const category = errorCategory(error)
  return {
    name: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    ...(category === undefined ? {} : { category }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}

/** The caller's own mistake is quoted by some messages ("invalid input syntax … «value»"): those stay out of the log. */
function withoutText({ name, code, category }: LoggedError): LoggedError {
  return { name, ...(code === undefined ? {} : { code }), ...(category === undefined ? {} : { category }) }
}
