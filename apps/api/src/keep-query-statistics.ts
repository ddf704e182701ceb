import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { APP_SERVICE, digisRls, QueryStatisticsRecorder } from '@holdfast/digis'
import type { FastifyBaseLogger } from 'fastify'
import { Pool } from 'holdfast'
import { describeError } from './log-problem.js'

/** What {@link keepQueryStatistics} is told. */
export interface KeepOptions {
  /** Whose statements are kept. */
  readonly pool: Pick<Pool, 'statementSnapshots'>
  /** Where they are written. */
  readonly databaseUrl: string
  readonly logger: FastifyBaseLogger
  /** Whether it is done as `app_service`. Default: false. */
  readonly rowLevelSecurity?: boolean
  /** From one writing to the next; what takes longer is not begun a second time. */
  readonly everyMillis: number
}

/** The keeping of statistics, as it goes on. */
export interface KeptQueryStatistics {
  /** Writes what was counted since the last time, for so many milliseconds at most, and stops. Never rejects. */
  end(options: { timeout: number }): Promise<void>
}

/**
 * Writes how the statements of a pool fared into `query_statistics`, every so often and at the end. On a connection of its own that
 * is open only meanwhile and that nobody counts: otherwise each writing would be something to write, and the statistics of a pool
 * that is busy would wait behind what makes it busy. What cannot be written is kept for the next time; the log says so once, and
 * once when it works again.
 */
export function keepQueryStatistics({
  pool,
  databaseUrl,
  logger,
  rowLevelSecurity = false,
  everyMillis,
}: KeepOptions): KeptQueryStatistics {
  const own = new Pool({
    connectionString: databaseUrl,
    name: 'query-statistics',
    max: 1,
    idleTimeoutMillis: 1_000,
    statistics: false,
    logger,
    rls: rowLevelSecurity && digisRls,
  })
  const into = rowLevelSecurity ? own.as(APP_SERVICE) : own
  const writer = new Writer(new QueryStatisticsRecorder({ pool, into, source: processName() }), logger)
  const timer = setInterval(() => writer.write(), everyMillis)
  // It must not keep a process that has nothing else to do.
  timer.unref()
  return {
    async end({ timeout }) {
      clearInterval(timer)
      // A pool that ends at once cancels what still runs, and that ends the wait for it.
      let ended: Promise<void> | undefined
      const cut = setTimeout(() => {
        ended = own.end({ timeout: 0 })
      }, timeout)
      await writer.writeLast()
      clearTimeout(cut)
      await (ended ?? own.end({ timeout: 0 }))
    },
  }
}

/** Writes and tells: a failure when it is the first after a success, and a success when it is the first after a failure. */
class Writer {
  readonly #recorder: QueryStatisticsRecorder
  readonly #logger: FastifyBaseLogger
  #isWriting = false
  /** Whether the log has been told. */
  #isFailing = false

  constructor(recorder: QueryStatisticsRecorder, logger: FastifyBaseLogger) {
    this.#recorder = recorder
    this.#logger = logger
  }

  /** Nothing, while the time before still goes on. */
  async write(): Promise<void> {
    if (this.#isWriting) return
    this.#isWriting = true
    try {
      await this.#recorder.record()
      if (this.#isFailing) this.#logger.info('Query statistics are written again')
      this.#isFailing = false
    } catch (error) {
      if (!this.#isFailing)
        this.#warn(error, 'Query statistics could not be written and are kept until they can')
      this.#isFailing = true
    } finally {
      this.#isWriting = false
    }
  }

  /** After what still goes on. */
  async writeLast(): Promise<void> {
    try {
      await this.#recorder.record()
    } catch (error) {
      this.#warn(error, 'The last query statistics could not be written and may be lost')
    }
  }

  #warn(error: unknown, message: string): void {
    this.#logger.warn({ error: describeError(error) }, message)
  }
}

/** Another one for each start of each process: hosts and process ids come back, in containers the same ones. */
function processName(): string {
  return `${hostname().slice(0, 64)}:${process.pid}:${randomBytes(4).toString('hex')}`
}
