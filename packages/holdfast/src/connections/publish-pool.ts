import {
  POOL_CONNECT_CHANNEL,
  POOL_RELEASE_CHANNEL,
  POOL_REMOVE_CHANNEL,
  type PoolConnectContext,
} from '../base/channels.js'
import type { PoolNumbers } from '../base/errors.js'
import type { PooledConnection } from './pooled-connection.js'
import type { Caller } from './waiter.js'

/** Lends a connection and publishes begin and end of the wait on `pg:pool:connect`. Only for when somebody subscribes. */
export function publishLending(caller: Caller, numbers: PoolNumbers, lend: (caller: Caller) => void): void {
  const { total, idle, waiting, max } = numbers
  const context: PoolConnectContext = {
    pool: { totalCount: total, idleCount: idle, waitingCount: waiting, maxSize: max },
  }
  const settled = () =>
    new Promise<void>((resolve, reject) => {
      lend({
        serve: pooled => {
          context.client = { processID: pooled.connection.processID, reused: pooled.uses > 1 }
          resolve()
          caller.serve(pooled)
        },
        refuse: error => {
          reject(error)
          caller.refuse(error)
        },
      })
    })
  POOL_CONNECT_CHANNEL.tracePromise(settled, context).catch(() => undefined)
}

/** A connection was given back. @param reason as pg's `release` takes it */
export function publishRelease({ connection }: PooledConnection, reason: unknown): void {
  if (!POOL_RELEASE_CHANNEL.hasSubscribers) return
  const error = reason instanceof Error ? reason : undefined
  POOL_RELEASE_CHANNEL.publish({ client: { processID: connection.processID }, error })
}

/** A connection was closed. */
export function publishRemoval({ connection }: PooledConnection): void {
  if (!POOL_REMOVE_CHANNEL.hasSubscribers) return
  POOL_REMOVE_CHANNEL.publish({ client: { processID: connection.processID } })
}
