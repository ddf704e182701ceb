import type { FastifyRequest } from 'fastify'
import { errorCategory } from 'holdfast'
import type { Problem } from './problem.js'

/** What the log says of a refused request. It quotes nothing: some messages repeat what the caller sent. */
export interface Refusal {
  readonly problem: string
  /** An SQLSTATE, or a code of the project's own. */
  readonly code?: string
  /** Holdfast's category, if the error comes from the database. */
  readonly category?: string
}

/** What is logged of an error: no enumerable field of the driver's, because they may hold values. */
export interface LoggedError extends Omit<Refusal, 'problem'> {
  readonly name: string
  /** Starts with the message; absent for what is no error. */
  readonly stack?: string
  readonly cause?: LoggedError
}

/** Notes a problem for the request's line in the log, and logs the service's own failures with their stack. */
export function logProblem(problem: Problem, request: FastifyRequest): void {
  const { kind, status } = problem
  request.refusal = { problem: kind, ...codes(problem.cause ?? problem.details) }
  if (status < 500) return
  // The cause is what failed; the problem is only what the caller is told of it.
  request.log.error({ problem: kind, error: describeError(problem.cause ?? problem) }, problem.message)
}

/** An error as data for the log, with its causes, at most five deep. */
export function describeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error }
  return {
    name: error.name,
    ...codes(error),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(error.cause === undefined || depth >= 5 ? {} : { cause: describeError(error.cause, depth + 1) }),
  }
}

/** What kind of failure it was, in words that never change. */
function codes(error: unknown): Pick<Refusal, 'code' | 'category'> {
  const { code } = error as { code?: unknown }
  const category = errorCategory(error)
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(category === undefined ? {} : { category }),
  }
}
