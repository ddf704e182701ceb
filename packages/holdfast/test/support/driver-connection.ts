import pg from 'pg'
import { type Clock, systemClock } from '../../dist/base/clock.js'
import { DeadlineWatch } from '../../dist/base/deadline-watch.js'
import type { QueryFrame, QueryRequest, RawCapture } from '../../dist/base/execute.js'
import { type ConnectionOptions, PgConnection } from '../../dist/driver/pg-connection.js'

/** A supervised connection of its own, to see what the driver does with a request. */
export async function driverConnection(
  config: pg.ClientConfig,
  clock: Clock = systemClock,
): Promise<PgConnection> {
  const client = new pg.Client(config)
  const options: ConnectionOptions = { clock, deadlines: new DeadlineWatch(clock), queryTimeout: 0 }
  const connection = new PgConnection(client, options)
  await client.connect()
  return connection
}

/** A request without limits. */
export function requestFor(config: string | pg.QueryConfig, rest: Partial<QueryRequest> = {}): QueryRequest {
  return {
    config,
    values: undefined,
    startedAt: 0,
    deadline: Number.POSITIVE_INFINITY,
    signal: undefined,
    readOnly: false,
    idempotent: false,
    rolledBackIfLost: false,
    ...rest,
  }
}

/** A frame with nothing in it but what is given. */
export function frameOf(parts: Partial<QueryFrame>): QueryFrame {
  return { before: [], after: [], hiddenColumns: 0, hidesRows: false, hidden: [], answers: [], ...parts }
}

/** A capture that nothing was put into yet. */
export function emptyCapture(): RawCapture {
  return { fields: [], rows: [], session: '' }
}
