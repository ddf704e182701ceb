import type { Client, ClientConfig, PoolClient } from 'pg'
import { CONNECTION_CHANNEL } from '../base/channels.js'
import type { PoolOptions } from '../base/options.js'
import { connectError, connectTimeoutError, type Target } from './connect-error.js'
import { connectRemedy } from './connect-remedy.js'
import { type ConnectionOptions, PgConnection } from './pg-connection.js'
import { internals } from './pg-internals.js'
import { connectedTo } from './publish-query.js'
import type { ServerFacts } from './server-facts.js'

/** The class of clients: pg's own or a subclass of it. */
export type ClientClass = new (config: ClientConfig) => Client

/** How to open one connection. */
export interface OpenOptions extends ConnectionOptions {
  readonly Client: ClientClass
  /** For the client's constructor: explicit fields, no connection string. */
  readonly config: ClientConfig
  readonly target: Target
  /** Takes down what the server tells of itself. */
  readonly server?: ServerFacts
  /** Milliseconds from the first packet to ReadyForQuery; 0: no limit. */
  readonly connectTimeout: number
  /** Gives the attempt up, with its reason as the error. */
  readonly signal: AbortSignal
  /** Called with the client before it connects. */
  readonly onClient?: ((client: Client) => void) | undefined
}

/**
 * Opens a connection and logs in.
 *
 * @throws ConnectError, or pg's DatabaseError when the server answered with one; the socket is closed then
 */
export async function openConnection(options: OpenOptions): Promise<PgConnection> {
  try {
    return await open(options)
  } catch (error) {
    if (options.pooler?.refused(error)) return open(options)
    const remedy = connectRemedy(error, options.target)
    if (remedy !== undefined) (error as Error).message += `. ${remedy}`
    throw error
  }
}

/** One attempt. */
async function open(options: OpenOptions): Promise<PgConnection> {
  const { pooler, config } = options
  const client = new options.Client(pooler?.configFor(config) ?? config)
  const connection = new PgConnection(client, options)
  options.server?.listenTo(client)
  options.onClient?.(client)
  try {
    await publishedConnect(client, () => connectInTime(client, options))
    pooler?.connected(connection.processID)
    const first = pooler?.onConnect
    if (first !== undefined) await connection.tell(first)
    return connection
  } catch (error) {
    internals(client).connection.stream.destroy()
    throw options.signal.aborted ? error : connectError(error as Error, options.target)
  }
}

/**
 * As {@link openConnection}, and lets the application's hooks have a look at it.
 *
 * @throws also what `onConnect` throws and what `verify` calls back with; the connection is closed then
 */
export async function openVerified(
  options: OpenOptions,
  { onConnect, verify }: Pick<PoolOptions, 'onConnect' | 'verify'>,
): Promise<PgConnection> {
  const connection = await openConnection(options)
  try {
    await onConnect?.(connection.client)
    if (verify) await verified(connection.client, verify)
    return connection
  } catch (error) {
    void connection.close()
    throw error
  }
}

function verified(client: PoolClient, verify: NonNullable<PoolOptions['verify']>): Promise<void> {
  return new Promise((resolve, reject) => verify(client, error => (error ? reject(error) : resolve())))
}

function publishedConnect(client: Client, connect: () => Promise<unknown>): Promise<unknown> {
  if (!CONNECTION_CHANNEL.hasSubscribers) return connect()
  const connected = () => connect().then(() => undefined)
  return CONNECTION_CHANNEL.tracePromise(connected, { connection: connectedTo(client) })
}

function connectInTime(
  client: Client,
  { connectTimeout, clock, target, signal }: OpenOptions,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const expire = () => reject(connectTimeoutError(connectTimeout, target))
    const giveUp = () => reject(signal.reason)
    const timer = connectTimeout === 0 ? undefined : clock.setTimeout(expire, connectTimeout)
    signal.addEventListener('abort', giveUp)
    client
      .connect()
      .then(resolve, reject)
      .finally(() => {
        clock.clearTimeout(timer as NodeJS.Timeout)
        signal.removeEventListener('abort', giveUp)
      })
  })
}
