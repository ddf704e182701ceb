import type { Limits } from '../base/deadline.js'
import type { Identity } from '../base/identity.js'
import type { CallContext } from './database-call.js'
import { acquirePatiently } from './patient-acquire.js'
import type { PooledConnection } from './pooled-connection.js'
import { replayWhole, type TransactionRun } from './replay.js'
import {
  beginStatement,
  runTransaction,
  type Transaction,
  type TransactionContext,
  type TransactionOptions,
} from './transaction.js'
import { XidWatch } from './xid-watch.js'

/** What a pool's transactions are made of. */
export interface PoolTransactionParts extends Pick<TransactionContext, 'toRequest' | 'limits'> {
  readonly calls: CallContext
  /** Whether the guard of the connection learns the ids of transactions. */
  readonly guarded: boolean
  /** On whose behalf all of it runs. */
  readonly identity?: Identity | undefined
}

/**
 * Runs a function in a transaction on a connection of its own, again as a whole where that is allowed.
 *
 * @throws as `Pool.transaction`
 */
export async function transactOnPool<T>(
  parts: PoolTransactionParts,
  fn: (tx: Transaction) => Promise<T> | T,
  options: TransactionOptions,
): Promise<T> {
  const begin = beginStatement(options)
  const { attempts, replaySafe = false, readOnly = false, trackOutcome = true } = options
  const { calls, limits } = parts
  const toRequest = requestsOf(parts)
  calls.retrier.count()
  const run = async (state: TransactionRun) => {
    const pooled = await acquirePatiently(calls, limits)
    try {
      const watch = readOnly || !trackOutcome ? undefined : await watchXid(pooled, parts)
      return await runTransaction({ pooled, state, limits, readOnly, watch, toRequest }, begin, fn)
    } finally {
      calls.connections.release(pooled)
    }
  }
  return replayWhole(run, calls, { limits, attempts, replaySafe })
}

/** Every statement carries the identity: one that comes when its transaction has been ended is not sent without. */
function requestsOf({ identity, toRequest }: PoolTransactionParts): TransactionContext['toRequest'] {
  if (identity === undefined) return toRequest
  return (config, values) => ({ ...toRequest(config, values), identity })
}

/** Where the server tells what it takes to know a transaction again. */
async function watchXid(
  { connection }: PooledConnection,
  { guarded, limits }: { guarded: boolean; limits: Limits },
): Promise<XidWatch | undefined> {
  if (guarded) return undefined
  await connection.learnEpoch(limits)
  return connection.epoch === undefined ? undefined : new XidWatch(connection.epoch)
}
