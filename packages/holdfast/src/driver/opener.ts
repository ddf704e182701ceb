import pg from 'pg'
import type { Clock } from '../base/clock.js'
import type { DeadlineWatch } from '../base/deadline-watch.js'
import type { PoolOptions, PoolSettings } from '../base/options.js'
import type { QueryObservers } from '../base/query-observers.js'
import type { GuardConnection } from '../base/statement-guard.js'
import type { ResolvedClientConfig } from './client-config.js'
import { type ClientClass, type OpenOptions, openVerified } from './open-connection.js'
import type { PgConnection } from './pg-connection.js'

/** What differs from one connection of a pool to another. */
export interface OpenAtOptions {
  readonly signal: AbortSignal
  /** Milliseconds; absent: the pool's. */
  readonly connectTimeout?: number
  readonly onClient?: OpenOptions['onClient']
  /** Absent: the pool's; `false`: none. */
  readonly guard?: GuardConnection | false
  /** For our own questions: the application's hooks do not see it. */
  readonly plain?: boolean
}

/** Opens a connection to one server as the options of the pool say. */
export type OpenAt = (node: ResolvedClientConfig, options: OpenAtOptions) => Promise<PgConnection>

/** What all connections of a pool have in common. */
export interface OpenerParts {
  readonly options: PoolOptions
  readonly settings: PoolSettings
  readonly clock: Clock
  readonly deadlines: DeadlineWatch
  /** The pool's guard, when a connection is opened. */
  readonly guard: () => GuardConnection | undefined
  readonly observers: QueryObservers
}

/** How a pool opens its connections. */
export function opener({ guard: usual, ...parts }: OpenerParts): OpenAt {
  const { options, settings, clock, deadlines, observers } = parts
  const { onConnect, verify, Client = pg.Client } = options
  return async (node, { plain, guard, connectTimeout, ...rest }) => {
    const { config, target, pooler, server } = node
    const open = {
      ...rest,
      Client: Client as ClientClass,
      config,
      target,
      pooler,
      server,
      connectTimeout: connectTimeout ?? settings.connectTimeout,
      queryTimeout: settings.queryTimeout,
      clock,
      deadlines,
      observers: plain ? undefined : observers,
      guard: guard === false ? undefined : (guard ?? usual()),
    }
    if (plain) return openVerified(open, {})
    const connection = await openVerified(open, { onConnect, verify })
    if (usual() !== undefined)
      await connection.learnEpoch({ deadline: Number.POSITIVE_INFINITY, signal: rest.signal })
    return connection
  }
}

/** Tells the `log` option what pg's pool tells it about opening. */
export async function logged(
  open: () => Promise<PgConnection>,
  log: PoolOptions['log'],
): Promise<PgConnection> {
  log?.('connecting new client')
  try {
    const connection = await open()
    log?.('new client connected')
    return connection
  } catch (error) {
    log?.('client failed to connect', error)
    throw error
  }
}
