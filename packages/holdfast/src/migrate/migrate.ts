import { setTimeout as sleep } from 'node:timers/promises'
import { MigrationError } from '../base/errors.js'
import { rememberFingerprint } from './fingerprint-store.js'
import { type Attempt, History } from './history.js'
import type { MigrationClient, MigrationPool } from './migration-client.js'
import { type MigrationFile, readMigrations } from './migration-file.js'
import { MigrationFileError } from './migration-file-error.js'
import { type MigrateOptions, type MigrateSettings, resolveMigrateOptions } from './options.js'
import { ProgressWatch } from './progress-watch.js'
import { inTransaction, setLimits } from './runners-lock.js'
import { isLockConflict } from './server-error.js'
import { type Step, takeStep } from './step.js'
import { waitBetweenPolls, waitBetweenTries } from './waits.js'

/** What {@link migrate} did. */
export interface MigrateResult {
  /** The names of the files that this run applied, in order; empty when another runner did, or none was left. */
  readonly applied: readonly string[]
  /** How many files the folder holds: all of them are applied now. */
  readonly total: number
  /** What newer code has applied to the database, beyond the folder; absent when there is nothing. */
  readonly newer?: readonly string[]
}

/**
 * Applies the migrations of a folder that the database does not have yet, forward only, in the order of their
 * numbers, each in a transaction of its own. Any number of runners may start at once: one works, the others wait
 * and find it done. Uses one connection at a time and closes it after use.
 *
 * @throws MigrationError (a {@link MigrationFileError} where one file is to blame, with line, column and SQLSTATE)
 * at the first problem; the files before it stay applied. Errors of the pool itself pass through.
 * @throws OptionsError for an unknown or impossible option; nothing was done
 */
export async function migrate(pool: MigrationPool, options: MigrateOptions): Promise<MigrateResult> {
  const settings = resolveMigrateOptions(options)
  const files = await readMigrations(settings.directory)
  const { applied, newer } = await new MigrationRun(pool, files, settings).toTheEnd()
  return { applied, total: files.length, ...(newer.length > 0 && { newer }) }
}

class MigrationRun {
  readonly #pool: MigrationPool
  readonly #files: readonly MigrationFile[]
  readonly #settings: MigrateSettings
  readonly #applied: MigrationFile[] = []
  #newer: readonly string[] = []
  #failures = 0
  #waitingSince: number | undefined

  constructor(pool: MigrationPool, files: readonly MigrationFile[], settings: MigrateSettings) {
    this.#pool = pool
    this.#files = files
    this.#settings = settings
  }

  async toTheEnd(): Promise<{ applied: string[]; newer: readonly string[] }> {
    try {
      while (await this.#goOn()) {}
    } catch (error) {
      await this.#handOver()
      throw error
    }
    return { applied: this.#applied.map(file => file.name), newer: this.#newer }
  }

  async #goOn(): Promise<boolean> {
    const step = await this.#tryStep()
    if (step?.kind === 'busy') await this.#waitFor(step.reason)
    if (step?.kind === 'applied') await this.#note(step.files)
    if (step?.kind !== 'done') return true
    this.#newer = step.newer
    if (step.unremembered !== undefined) await this.#remember(step.unremembered)
    return false
  }

  /** @returns nothing when a lock was in the way and the step is to be taken again */
  async #tryStep(): Promise<Step | undefined> {
    const watch = new ProgressWatch(this.#pool, this.#settings)
    try {
      return await this.#withClient(client => takeStep(client, this.#files, this.#context(watch)))
    } catch (error) {
      if (!(error instanceof MigrationFileError) || !isLockConflict(error.sqlState)) throw error
      this.#failures += 1
      if (this.#failures >= this.#settings.attempts) throw this.#exhausted(error)
      const { file, message } = error
      this.#settings.onProgress({ state: 'retrying', file, attempt: this.#failures + 1, reason: message })
      await sleep(waitBetweenTries(this.#failures, Math.random()))
      return undefined
    } finally {
      await watch.end()
    }
  }

  /** A connection that ran a file is closed, because the file may have changed its settings. */
  async #withClient<T extends Step | undefined>(work: (client: MigrationClient) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect()
    let close = true
    // A connection lost between two statements is reported by the next one.
    client.on('error', ignore)
    try {
      const step = await work(client)
      close = step?.kind === 'applied'
      return step
    } finally {
      client.removeListener('error', ignore)
      client.release(close)
    }
  }

  #context(watch: ProgressWatch) {
    const lastApplied = this.#applied.at(-1)?.number ?? 0
    const onBegin = (file: MigrationFile, attempt: Attempt) => watch.begin(file.name, attempt.backendPid)
    return { settings: this.#settings, state: { lastApplied, onBegin } }
  }

  /** Stores the fingerprint in a transaction of its own: while it is taken, no lock of the file is held any more. */
  async #remember(number: number): Promise<void> {
    await this.#withClient(async client => {
      await inTransaction(client, async () => {
        await setLimits(client, this.#settings)
        await rememberFingerprint(client, number, this.#settings)
      })
      return undefined
    })
  }

  /** Spares those who wait the seconds in which a run that crashed between two files counts as alive. */
  async #handOver(): Promise<void> {
    const last = this.#applied.at(-1)
    if (last === undefined) return
    const history = new History(this.#settings)
    await this.#withClient(async client => void (await history.handOver(client, last.number))).catch(ignore)
  }

  async #note(files: readonly MigrationFile[]): Promise<void> {
    this.#failures = 0
    this.#waitingSince = undefined
    this.#applied.push(...files)
    const last = files.at(-1)
    if (last !== undefined) await this.#remember(last.number)
    for (const file of files) this.#settings.onProgress({ state: 'applied', file: file.name })
  }

  async #waitFor(reason: string): Promise<void> {
    const now = performance.now()
    if (this.#waitingSince === undefined) {
      this.#waitingSince = now
      this.#settings.onProgress({ state: 'waiting', reason })
    }
    const waited = now - this.#waitingSince
    if (waited > this.#settings.waitTimeoutMillis) throw stillBusy(reason, waited)
    await sleep(waitBetweenPolls(Math.random()))
  }

  #exhausted(error: MigrationFileError): MigrationFileError {
    const problem = `gave up after ${this.#failures} attempts, each of which met a lock held by another session.`
    return new MigrationFileError(error.file, problem, {
      cause: error.cause,
      sqlState: error.sqlState,
      category: 'lock-unavailable',
      retry: 'safe',
    })
  }
}

function ignore(): void {}

function stillBusy(reason: string, waited: number): MigrationError {
  return new MigrationError(
    'HOLDFAST_MIGRATION',
    `Waited ${Math.round(waited / 1_000)} s to migrate, and ${reason}. Nothing was done here.`,
    { category: 'lock-unavailable', retry: 'safe' },
  )
}
