import type { OverallState, ProcessReport } from './process-report.js'

/** What a process is judged by. */
export type Judged = Pick<ProcessReport, 'database' | 'pool' | 'cache' | 'nodes' | 'second'>

/** A verdict and its reasons, the worst first; none while it is green. */
export interface Verdict {
  readonly state: OverallState
  readonly reasons: readonly string[]
}

/** The share of connections in use from which somebody should know, while callers wait. */
const BUSY = 0.8
/** The share of failed requests of a second that is more than bad luck. */
const FAILING = 0.05

/** Whether a process is well: red while it cannot do its work, degraded while something that it can do without is missing. */
export function assess(judged: Judged): Verdict {
  const red = redReasons(judged)
  const reasons = [...red, ...degradedReasons(judged)]
  return { state: red.length > 0 ? 'red' : reasons.length > 0 ? 'degraded' : 'green', reasons }
}

/** The worst state of several; green for none. */
export function worst(states: readonly OverallState[]): OverallState {
  if (states.includes('red')) return 'red'
  return states.includes('degraded') ? 'degraded' : 'green'
}

/** Why it cannot do its work. */
function redReasons({ database, second }: Judged): string[] {
  return [
    ...(database.breaker === 'open' || !database.answers
      ? ['The database does not answer: calls wait for it, cached reads go on.']
      : []),
    ...(second.failures > second.requests * FAILING
      ? [`${second.failures} of ${second.requests} requests failed in the last second.`]
      : []),
  ]
}

/** What it does without. */
function degradedReasons({ database, pool, cache, nodes }: Judged): string[] {
  const unfit = nodes.filter(({ reads }) => reads !== undefined && reads !== 'serving')
  return [
    ...(database.breaker === 'half-open' ? ['The database is being tried again.'] : []),
    ...(database.overloaded ? ['More calls come in than can be served: some are turned away.'] : []),
    ...(cache.redis === 'away' ? ['Redis is away: reads ask the database.'] : []),
    ...(pool.waiting > 0 && pool.active >= pool.max * BUSY
      ? [`${pool.waiting} callers wait for a connection; ${pool.active} of ${pool.max} are in use.`]
      : []),
    ...unfit.map(({ host, port, reads }) => `The replica ${host}:${port} gets no reads: ${reads}.`),
  ]
}
