import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../base/errors.js'
import { History, type HistoryRow } from './history.js'
import type { MigrationClient, MigrationPool } from './migration-client.js'
import type { MigrateSettings } from './options.js'
import { setLimits, tryLock } from './runners-lock.js'
import { waitBetweenPolls } from './waits.js'

/**
 * Runs the work in a transaction while no runner is at work, with what the history says at that moment.
 *
 * @throws MigrationError when runners are at work for longer than `waitTimeout`; nothing was done
 */
export async function withRunnersLock<T>(
  pool: MigrationPool,
  settings: MigrateSettings,
  work: (client: MigrationClient, rows: readonly HistoryRow[]) => Promise<T>,
): Promise<T> {
  const since = performance.now()
  for (;;) {
    const done = await tryOnce(pool, settings, work)
    if (done !== undefined) return done.result
    if (performance.now() - since > settings.waitTimeoutMillis) throw stillBusy(settings.waitTimeoutMillis)
    await sleep(waitBetweenPolls(Math.random()))
  }
}

/** @returns `undefined` when a runner is at work */
async function tryOnce<T>(
  pool: MigrationPool,
  settings: MigrateSettings,
  work: (client: MigrationClient, rows: readonly HistoryRow[]) => Promise<T>,
): Promise<{ readonly result: T } | undefined> {
  return withOwnClient(pool, async client => {
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE')
    await setLimits(client, settings)
    const rows = (await tryLock(client)) ? await new History(settings).read(client) : undefined
    const isFree = rows !== undefined && !rows.some(row => row.running || row.continues)
    const done = isFree ? { result: await work(client, rows) } : undefined
    await client.query(done === undefined ? 'ROLLBACK' : 'COMMIT')
    return done
  })
}

/**
 * Borrows a connection, and closes it when the work has failed: it may be in any state.
 *
 * @param close whether to close it in any case, because the work changes its settings
 */
export async function withOwnClient<T>(
  pool: MigrationPool,
  work: (client: MigrationClient) => Promise<T>,
  close = false,
): Promise<T> {
  const client = await pool.connect()
  // A connection lost between two statements is reported by the next one.
  client.on('error', ignore)
  let broken = true
  try {
    const result = await work(client)
    broken = false
    return result
  } finally {
    client.removeListener('error', ignore)
    client.release(broken || close)
  }
}

function ignore(): void {}

function stillBusy(waited: number): MigrationError {
  return new MigrationError(
    'HOLDFAST_MIGRATION',
    `Waited ${Math.round(waited / 1_000)} s, and another runner is at work. Nothing was done here.`,
    { category: 'lock-unavailable', retry: 'safe' },
  )
}
