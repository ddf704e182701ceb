/** What `holdfast top` reads of a process. */
export interface LiveProcess {
  readonly host: string
  readonly pid: number
  readonly state: string
  readonly reasons: readonly string[]
  readonly second: { readonly requests: number; readonly failures: number }
  readonly database: { readonly breaker: string; readonly answers: boolean }
  readonly pool: Readonly<Record<'active' | 'idle' | 'waiting' | 'max', number>>
  readonly cache: {
    readonly redis: string
    readonly memory: number
    readonly redisHits: number
    readonly shared: number
    readonly stale: number
    readonly misses: number
  }
  readonly errors: Readonly<Record<string, number>>
  readonly statements: readonly LiveStatement[]
}

/** What it reads of a statement; times in milliseconds. */
export interface LiveStatement {
  readonly id: string
  readonly text: string
  readonly calls: number
  readonly errors: number
  readonly totalMillis: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** What a service says of all its processes at one moment: `GET /dashboard/snapshot`. */
export interface LiveView {
  readonly state: string
  readonly processes: readonly LiveProcess[]
  /** What `point` holds, in this order. */
  readonly columns: readonly string[]
  readonly point: readonly number[]
}

/** An answer, or why there is none, in a sentence. */
export type Looked = { readonly view: LiveView } | { readonly problem: string }

/** Where to look. */
export interface LiveSource {
  readonly url: URL
  readonly token: string | undefined
}

/** Milliseconds for an answer. */
const PATIENCE = 2_000

/** Asks a service how it is. Never rejects. */
export async function lookAt({ url, token }: LiveSource, signal?: AbortSignal): Promise<Looked> {
  const limits = [AbortSignal.timeout(PATIENCE), ...(signal === undefined ? [] : [signal])]
  try {
    const response = await fetch(new URL('/dashboard/snapshot', url), {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.any(limits),
      redirect: 'error',
    })
    if (!response.ok) return { problem: refusal(response.status) }
    const view: unknown = await response.json()
    return isView(view) ? { view } : { problem: 'The answer is not what a live page says.' }
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: string } }
    if (name === 'TimeoutError')
      return { problem: `The service has not answered within ${PATIENCE / 1000} s.` }
    return { problem: `The service does not answer (${cause?.code ?? name ?? 'unknown'}).` }
  }
}

function refusal(status: number): string {
  if (status === 401) return 'The service wants the token of its live page: --token, or DASHBOARD_TOKEN.'
  if (status === 403)
    return 'The service shows its live page on its own machine only; set DASHBOARD_TOKEN there.'
  if (status === 404)
    return 'The service has no live page: it is off (DASHBOARD), or something else answers here.'
  return `The service answers with status ${status}.`
}

/** Whether everything is there that is walked through. */
function isView(value: unknown): value is LiveView {
  const { state, processes, columns, point } = Object(value)
  return (
    typeof state === 'string' &&
    [processes, columns, point].every(Array.isArray) &&
    processes.every((each: unknown) => {
      const { second, pool, cache, database, errors, statements, reasons } = Object(each)
      return (
        [second, pool, cache, database, errors].every(part => typeof part === 'object' && part !== null) &&
        [statements, reasons].every(Array.isArray) &&
        statements.every((one: unknown) => Object(one) === one)
      )
    })
  )
}
