/** The rows of an answer; values as pg parses them. */
export interface MigrationResult {
  readonly rows: Record<string, unknown>[]
}

/** One statement or file, with what pg and Holdfast need to know about it. */
export interface MigrationQuery {
  readonly text: string
  /** Milliseconds; set far away because the length of a migration is not the pool's to limit. */
  readonly query_timeout: number
  /** Holdfast's own name for the same; 0 is no limit. */
  readonly timeout: 0
  /** `extended`: the server itself refuses more than one statement. */
  readonly queryMode?: 'extended'
}

/** What the runner needs of a connection; the clients of Holdfast and of pg have it. */
export interface MigrationClient {
  query(query: string | MigrationQuery, values?: unknown[]): Promise<MigrationResult>
  release(destroy?: boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
  removeListener(event: 'error', listener: (error: Error) => void): unknown
}

/** What the runner needs of a pool; Holdfast's and pg's have it. */
export interface MigrationPool {
  connect(): Promise<MigrationClient>
}

/** The longest wait a timer can hold, 24.8 days. */
const NO_LIMIT_MILLIS = 2_147_483_647

/** A whole file, sent in one piece with no limit of time. */
export function unlimited(text: string, queryMode?: 'extended'): MigrationQuery {
  return { text, query_timeout: NO_LIMIT_MILLIS, timeout: 0, ...(queryMode && { queryMode }) }
}
