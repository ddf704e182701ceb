import type { MigrationClient } from './migration-client.js'
import type { MigrateSettings } from './options.js'

/** The same for every history table, because two of them may share a schema that neither has created yet. */
const LOCK_NAME = 'holdfast.migrate'

/**
 * Runs the work in a transaction of its own. On an error the caller closes the connection, which is the one rollback
 * that cannot fail.
 */
export async function inTransaction<T>(client: MigrationClient, work: () => Promise<T>): Promise<T> {
  // Each statement has to see what the lock's last holder did, whatever the connection's defaults are.
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
  const result = await work()
  await client.query('COMMIT')
  return result
}

/** Limits the wait for a lock, and nothing else, until the transaction ends. */
export async function setLimits(client: MigrationClient, settings: MigrateSettings): Promise<void> {
  await client.query(
    `SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '0', true),
            set_config('idle_in_transaction_session_timeout', '0', true)`,
    [`${settings.lockTimeoutMillis}ms`],
  )
}

/**
 * Takes the lock of all runners if it is free. It ends with the transaction, so that it works behind a transaction
 * pooler and never outlives a crash. Never waited for: who waits in PostgreSQL holds a snapshot, and the concurrent
 * index build of the one that works would wait for it in turn.
 */
export async function tryLock(client: MigrationClient): Promise<boolean> {
  const { rows } = await client.query('SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS locked', [
    LOCK_NAME,
  ])
  return rows[0]?.locked === true
}
