import type { Duplex } from 'node:stream'
import type { Client } from 'pg'

/**
 * What Holdfast uses of pg's `Client` beyond its public types, in one place. pg-pool relies on the same fields;
 * `test/driver/pg-internals.test.ts` fails when a release of pg changes one of them.
 */
export interface PgInternals {
  /** False after a connection error. */
  readonly _queryable: boolean
  /** True once `end()` was called. */
  readonly _ending: boolean
  readonly _activeQuery: object | null | undefined
  readonly _queryQueue: object[]
  /** Set when the server said ReadyForQuery and nothing was sent since. */
  readonly readyForQuery?: boolean
  readonly processID: number | null
  readonly secretKey: number | null
  readonly connectionParameters: {
    readonly host: string
    readonly port: number
    /** Taken over by Holdfast's own supervision. */
    query_timeout: number | false
  }
  readonly ssl: boolean | object
  readonly connection: {
    /** The server tells a setting, at the start of a session and whenever it changes. */
    on(event: 'parameterStatus', listener: (status: ParameterStatus) => void): unknown
    /** The server is ready for the next query. */
    on(event: 'readyForQuery', listener: () => void): unknown
    off(event: 'readyForQuery', listener: () => void): unknown
    readonly stream: Duplex & { destroy(error?: Error): void }
    readonly parsedStatements: Record<string, string>
    readonly submittedNamedStatements: Record<string, string>
  }
}

/** The value of one of the settings that a server tells without being asked. */
export interface ParameterStatus {
  readonly parameterName: string
  readonly parameterValue: string
}

/** The same client, seen from inside. */
export function internals(client: Client): PgInternals {
  return client as unknown as PgInternals
}
