/** What the environment says about where the process runs. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Where a pool connects to, as far as its defaults depend on it. */
export interface Place {
  /** A pooler of Supabase's lends the connections. */
  readonly supabasePooler: boolean
  /** A `statement_timeout` that no server will be told of, in milliseconds; 0: none. */
  readonly untoldTimeout: number
}

/** How many connections a pool may have, and why, in words. */
export interface PoolSize {
  readonly max: number
  readonly because: string
}

/** Variables that only the named platforms set for their functions. */
const SERVERLESS = [
  'AWS_LAMBDA_FUNCTION_NAME',
  'VERCEL',
  'NETLIFY',
  'FUNCTIONS_WORKER_RUNTIME',
  'FUNCTION_TARGET',
]

/** Functions run in many small processes, and a pooler shares few connections among all: both want small pools. */
export function poolSize(given: number | undefined, place: Place, env: Environment): PoolSize {
  if (given !== undefined) return { max: given, because: 'given' }
  const platform = SERVERLESS.find(name => env[name] !== undefined)
  if (platform !== undefined) return { max: 5, because: `serverless (${platform} is set)` }
  if (place.supabasePooler) return { max: 10, because: "behind Supabase's pooler" }
  if (env.NODE_ENV === 'production') return { max: 50, because: 'NODE_ENV is production' }
  return { max: 20, because: 'default' }
}
