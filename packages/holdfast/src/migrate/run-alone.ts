import type { Attempt, History } from './history.js'
import { type LeftIndex, leftIndexes, refuseInvalidIndexes } from './indexes.js'
import type { MigrationClient } from './migration-client.js'
import type { MigrationFile } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'
import type { MigrateSettings } from './options.js'
import { sendFile } from './send-file.js'

/** A file that runs outside a transaction, claimed for this connection. */
export interface Claim {
  readonly kind: 'claimed'
  readonly file: MigrationFile
  readonly attempt: Attempt
}

/** With what {@link runAlone} works. */
export interface AloneRun {
  readonly settings: MigrateSettings
  readonly history: History
}

/**
 * Runs a `no-transaction` file that is claimed for this connection, and makes sure that it left no broken index
 * behind. After an attempt that was cut off, the invalid index that it left is dropped first; one that it had already
 * completed is taken as it is.
 *
 * @throws MigrationFileError when the server refuses it or an index that it names is invalid
 */
export async function runAlone(client: MigrationClient, claim: Claim, run: AloneRun): Promise<void> {
  const { file } = claim
  await setSessionLimits(client, claim, run)
  try {
    const left = claim.attempt.again ? await leftIndexes(client, file, claim.attempt.indexesBefore) : []
    await dropInvalid(client, left, { file: file.name, settings: run.settings })
    const isBuilt = BUILDS_AN_INDEX.test(file.text) && left.some(index => index.isValid)
    if (!isBuilt) await sendFile(client, file, 'It ran outside a transaction: check what it left behind.')
    await refuseInvalidIndexes(client, file)
  } catch (error) {
    const sqlState = error instanceof MigrationFileError ? error.sqlState : undefined
    // Where the connection is lost this fails too; the row then names a connection that has ended.
    await run.history.fail(client, file.number, sqlState).catch(() => {})
    throw error
  }
  await run.history.finish(client, file)
}

const BUILDS_AN_INDEX = /\bcreate\s+(unique\s+)?index\s+concurrently\b/i

/** The connection is closed afterwards, so that the settings reach nobody else. */
async function setSessionLimits(client: MigrationClient, claim: Claim, run: AloneRun): Promise<void> {
  const { file, attempt } = claim
  // What works concurrently waits for old transactions without being in anybody's way, and may do so for hours.
  const lockTimeout = /\bconcurrently\b/i.test(file.text) ? 0 : run.settings.lockTimeoutMillis
  try {
    // As SET, which Holdfast refuses to send through a transaction pooler: the file would lose its session there.
    await client.query('SET statement_timeout = 0')
    await client.query(`SET lock_timeout = ${Math.round(lockTimeout)}`)
  } catch (error) {
    // Nothing of the file was sent, so nothing is left to be resumed but what an earlier attempt left.
    if (!attempt.again) await run.history.abandon(client, { number: file.number, ...attempt }).catch(() => {})
    throw error
  }
}

async function dropInvalid(
  client: MigrationClient,
  left: readonly LeftIndex[],
  { file, settings }: { readonly file: string; readonly settings: MigrateSettings },
): Promise<void> {
  for (const { name, isValid } of left) {
    if (isValid) continue
    await client.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`)
    settings.onProgress({ state: 'cleaned', file, index: name })
  }
}
