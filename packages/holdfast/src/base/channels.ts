import { type Channel, channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel'

/**
 * Channels of `node:diagnostics_channel`, by the names and with the contexts that node-postgres proposes. While
 * nobody subscribes, nothing is made: whoever publishes asks `hasSubscribers` first.
 */
export const QUERY_CHANNEL: TracingChannel<unknown, QueryContext> = tracingChannel('pg:query')
export const CONNECTION_CHANNEL: TracingChannel<unknown, ConnectionContext> = tracingChannel('pg:connection')
export const POOL_CONNECT_CHANNEL: TracingChannel<unknown, PoolConnectContext> =
  tracingChannel('pg:pool:connect')
export const POOL_RELEASE_CHANNEL: Channel = channel('pg:pool:release')
export const POOL_REMOVE_CHANNEL: Channel = channel('pg:pool:remove')

/** Where a client is connected to. */
export interface ConnectedTo {
  readonly database: string | undefined
  readonly host: string
  readonly port: number
  readonly user: string | undefined
  readonly ssl: boolean
}

/** Of `pg:query`: one statement on one connection; a retry is another one. */
export interface QueryContext {
  /** The text as it was given, literals and all; never parameter values. */
  readonly query: { readonly text: string | undefined; readonly name: string | undefined }
  readonly client: ConnectedTo & { readonly processID: number | null }
  /** At the end. */
  result?: { readonly rowCount: number | null; readonly command: string }
  error?: unknown
}

/** Of `pg:connection`: one attempt to open one. */
export interface ConnectionContext {
  readonly connection: ConnectedTo
  error?: unknown
}

/** Of `pg:pool:connect`: somebody wants a connection of the pool, for a query or to borrow it. */
export interface PoolConnectContext {
  /** When it was asked for. */
  readonly pool: {
    readonly totalCount: number
    readonly idleCount: number
    readonly waitingCount: number
    readonly maxSize: number
  }
  /** Once there is one. `reused`: somebody has had it before. */
  client?: { readonly processID: number | null; readonly reused: boolean }
  error?: unknown
}

/** Of `pg:pool:release` and `pg:pool:remove`. */
export interface PoolMessage {
  readonly client: { readonly processID: number | null }
  /** Why it was given back to be closed. */
  readonly error?: Error | undefined
}
