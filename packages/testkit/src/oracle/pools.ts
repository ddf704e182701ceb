import type { Statement } from './case.js'

/** What a query gives: rows, and where they came from. */
export interface CachedResult {
  readonly rows: readonly unknown[]
  readonly cache?: { readonly status: 'hit' | 'miss' | 'stale' | 'bypass' }
}

/** What statements are sent through. */
export interface Sender {
  query(statement: Statement): Promise<CachedResult | CachedResult[]>
}

/** A transaction, and those within it. */
export interface Nesting extends Sender {
  transaction(work: (inner: Nesting) => Promise<void>): Promise<void>
}

/** A pool with a cache, as far as the oracle needs it. */
export interface CachingPool extends Nesting {
  connect(): Promise<Sender & { release(): void }>
  end(): Promise<void>
  readonly cache: {
    explain(
      text: string,
      values: readonly unknown[],
    ): Promise<{ readonly tags: readonly string[]; readonly dependsOn: readonly string[] }>
  }
}

/** Makes a pool for a database, which caches some tables: each with further columns to tell its rows apart by. */
export type MakePool = (url: string, tables: Readonly<Record<string, readonly string[]>>) => CachingPool
