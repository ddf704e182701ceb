import type { Statement } from './case.js'

/** What a query gives: rows, and where they came from. */
export interface CachedResult {
  readonly rows: readonly unknown[]
  /** Absent: the statement was no query. */
  readonly cache?: { readonly status: 'hit' | 'miss' | 'stale' | 'bypass' }
}

/** What statements are sent through. */
export interface Sender {
  /** A text of several statements gives several results. */
  query(statement: Statement): Promise<CachedResult | CachedResult[]>
}

/** A transaction, and those within it. */
export interface Nesting extends Sender {
  /** Commits when the work is done, rolls back what it did when it fails, and then fails in the same way. */
  transaction(work: (inner: Nesting) => Promise<void>): Promise<void>
}

/** A pool with a cache, as far as the oracle needs it. */
export interface CachingPool extends Nesting {
  /** Lends a connection. */
  connect(): Promise<Sender & { release(): void }>
  /** Closes every connection. */
  end(): Promise<void>
  readonly cache: {
    /** What the result of a query depends on, for the report. */
    explain(
      text: string,
      values: readonly unknown[],
    ): Promise<{ readonly tags: readonly string[]; readonly dependsOn: readonly string[] }>
  }
}

/** Makes a pool for a database, which caches some tables: each with further columns to tell its rows apart by. */
export type MakePool = (url: string, tables: Readonly<Record<string, readonly string[]>>) => CachingPool
