/** What the service asks of its pool to know whether the database answers. */
export interface ProbedPool {
  /** Never throws. */
  health(options: {
    timeout: number
  }): Promise<{ healthy: boolean; latencyMs?: number | null | undefined; error?: unknown }>
  stats(): { readonly totalCount: number; readonly connectingCount: number }
}

/** How the database was last seen. */
export interface Sight {
  readonly healthy: boolean
  /** Milliseconds until it answered; `null` when it did not. */
  readonly latencyMs: number | null
  /** Why not; its words stay inside, they name hosts. */
  readonly error?: unknown
}

/** Looks at the database, for at most so many milliseconds. Never rejects. */
export type Probe = (patience: number) => Promise<Sight>

/** How long one look goes on, as connecting may take: behind a slow network that is a dozen round trips. */
const LOOK_MILLIS = 5_000
/** How long it is waited for. Over an open connection an answer is one or two round trips. */
const PATIENCE_MILLIS = { cold: LOOK_MILLIS, warm: 2_000, failing: 500 }
/** For how long a failure says something of the present. */
const FAILURE_COUNTS_MILLIS = 15_000

interface Look {
  readonly began: number
  readonly result: Promise<Sight>
}

/**
 * A probe that all who ask at the same time share, so that an outage neither piles up looks nor makes everybody wait: who
 * asks while a look goes on that has taken too long already, or that was preceded by a failure, is told soon.
 *
 * @param now milliseconds; default: the process's clock
 */
export function databaseProbe(pool: ProbedPool, now: () => number = () => performance.now()): Probe {
  let last: { readonly sight: Sight; readonly at: number } | undefined
  let current: Look | undefined
  const begin = (): Look => {
    const result = pool.health({ timeout: LOOK_MILLIS }).then(({ healthy, latencyMs = null, error }) => {
      const sight = { healthy, latencyMs: healthy ? latencyMs : null, ...(error !== undefined && { error }) }
      current = undefined
      last = { sight, at: now() }
      return sight
    })
    return { began: now(), result }
  }
  const recentFailure = () =>
    last !== undefined && !last.sight.healthy && now() - last.at < FAILURE_COUNTS_MILLIS
      ? last.sight
      : undefined
  return async patience => {
    const failure = recentFailure()
    const wait = PATIENCE_MILLIS[failure === undefined ? temperature(pool) : 'failing']
    current ??= begin()
    const { began, result } = current
    const left = Math.min(patience, wait - (now() - began))
    return (await within(result, left)) ?? failure ?? silent()
  }
}

function temperature(pool: ProbedPool): 'cold' | 'warm' {
  const { totalCount, connectingCount } = pool.stats()
  return totalCount > connectingCount ? 'warm' : 'cold'
}

function silent(): Sight {
  const error = new Error('The database has not answered the probe yet.')
  return { healthy: false, latencyMs: null, error }
}

/** The result, or nothing when it does not come within so many milliseconds. */
async function within(result: Promise<Sight>, millis: number): Promise<Sight | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, millis))
  })
  return Promise.race([result, late]).finally(() => clearTimeout(timer))
}
