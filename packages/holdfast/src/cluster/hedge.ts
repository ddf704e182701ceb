import type { Clock } from '../base/clock.js'
import type { Execute, QueryRequest, Result } from '../base/execute.js'

/** A read that may be made twice. */
export interface HedgedRead {
  readonly request: QueryRequest
  readonly first: Execute
  /** Where else; asked for only when it is needed. `undefined`: nowhere, or not now. */
  readonly second: () => Execute | undefined
  /** Milliseconds after which the second one starts. */
  readonly delay: number
}

/**
 * Runs a read, and after a delay once more elsewhere. The answer that comes first counts and the other run is cancelled;
 * an error counts only when no other run is left.
 */
export function hedge({ request, first, second, delay }: HedgedRead, clock: Clock): Promise<Result> {
  return new Promise((resolve, reject) => {
    const runs = new Set<AbortController>()
    const finish = (settle: () => void) => {
      clock.clearTimeout(timer)
      for (const run of runs) run.abort()
      runs.clear()
      settle()
    }
    const start = (execute: Execute) => {
      const run = new AbortController()
      runs.add(run)
      execute({ ...request, signal: either(request.signal, run.signal) }).then(
        result => {
          if (runs.delete(run)) finish(() => resolve(result))
        },
        error => {
          if (runs.delete(run) && runs.size === 0) finish(() => reject(error))
        },
      )
    }
    const timer = clock.setTimeout(() => {
      const other = second()
      if (other !== undefined) start(other)
    }, delay)
    start(first)
  })
}

function either(given: AbortSignal | undefined, own: AbortSignal): AbortSignal {
  return given === undefined ? own : AbortSignal.any([given, own])
}
