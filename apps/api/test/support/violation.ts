/** How a request of the service comes to a constraint, and what it is answered. */
export interface ThroughApi {
  readonly request: string
  readonly as?: 'fan' | 'creator' | 'service'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly status: number
  readonly kind: string
  readonly fields?: readonly string[]
}

/** How a constraint is broken. */
export interface Violation {
  /** Run in a transaction that is rolled back; `$creator`, `$fan` and `$session` stand for ids of rows that are there. */
  readonly sql: string
  /** How the database names it, where the constraint is one of a partitioned table: by the partition's. */
  readonly named?: RegExp
  /** The field of a request that the answer names, if ever the database is the first to notice. */
  readonly field?: string
  /** Absent: no request can come to it. */
  readonly api?: () => ThroughApi
}
