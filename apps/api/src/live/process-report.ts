/** The overall state of one process, or of all. */
export type OverallState = 'green' | 'degraded' | 'red'

/** A statement of the pool, as the live page shows it. */
export interface ReportedStatement {
  readonly id: string
  /** Normalised, without literals; cut. */
  readonly text: string
  /** Since the start of the process, as all below. */
  readonly calls: number
  readonly errors: number
  readonly rows: number
  readonly cacheHits: number
  /** Milliseconds, as all below. */
  readonly totalMillis: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** A server of the pool's cluster. */
export interface ReportedNode {
  readonly host: string
  readonly port: number
  readonly role: string
  readonly reads?: string
  readonly lagMillis?: number
}

/** What happened within the last second, or since the report before. */
export interface SecondCounts {
  /** Requests answered, other than those for health and for the live page. */
  readonly requests: number
  /** Those of them that were answered with 5xx. */
  readonly failures: number
  /** Of the requests; see `latency-buckets`. */
  readonly latency: readonly number[]
  /** Queries of the pool, hits of its cache included. */
  readonly queries: number
  /** Those of them that failed, after all retries. */
  readonly queryErrors: number
  /** Reads that were answered without the database. */
  readonly saved: number
  /** Reads that the cache had nothing for, and those that it leaves alone. */
  readonly unsaved: number
  /** Attempts after the first. */
  readonly retries: number
  /** Callers that were turned away. */
  readonly sheds: number
}

/** Everything that one process says of itself once a second: plain data, the same over HTTP and between processes. */
export interface ProcessReport {
  readonly version: 1
  /** Of this start of the process. */
  readonly id: string
  readonly host: string
  readonly pid: number
  /** Milliseconds since 1970, as `at`. */
  readonly startedAt: number
  readonly at: number
  readonly state: OverallState
  /** Why it is not green: a sentence each. */
  readonly reasons: readonly string[]
  readonly second: SecondCounts
  readonly database: {
    /** Whether it answered when it was asked last. */
    readonly answers: boolean
    readonly breaker: 'closed' | 'half-open' | 'open'
    readonly overloaded: boolean
  }
  readonly pool: {
    readonly active: number
    readonly idle: number
    readonly connecting: number
    readonly waiting: number
    readonly max: number
  }
  readonly cache: {
    readonly enabled: boolean
    /** `unused`: it is connected to when the first read asks for it. */
    readonly redis: 'none' | 'unused' | 'ok' | 'away'
    /** Since the start of the process, as all below. */
    readonly memory: number
    readonly shared: number
    readonly redisHits: number
    readonly stale: number
    readonly misses: number
    readonly bypasses: Readonly<Record<string, number>>
    readonly entries: number
    readonly bytes: number
    readonly evictions: number
    readonly invalidations: number
  }
  /** Failed queries by category, since the start. */
  readonly errors: Readonly<Record<string, number>>
  readonly nodes: readonly ReportedNode[]
  readonly statements: readonly ReportedStatement[]
}
