import type { Clock } from '../base/clock.js'
import type { Logger } from '../base/warning.js'
import { type ReportBase, reportFields, reportMessage, topStatements } from './pool-report.js'
import type { PoolStats } from './pool-stats.js'
import { identify, type StatementReader } from './statement-stats.js'
import type { StatementTable } from './statement-table.js'

/** What the reporter of a pool works with. */
export interface PoolReporterParts {
  /** Milliseconds between two lines. */
  readonly every: number
  readonly clock: Clock
  readonly logger: Logger
  readonly table: StatementTable
  readonly stats: () => PoolStats
  readonly loadReader: () => Promise<StatementReader>
}

/** Statements that a line names. */
const TOP = 3

/** Writes a line about the pool every so often; does not keep the process alive. */
export class PoolReporter {
  readonly #parts: PoolReporterParts
  #before: ReportBase | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(parts: PoolReporterParts) {
    this.#parts = parts
  }

  start(): void {
    this.#before = this.#now()
    this.#schedule()
  }

  stop(): void {
    this.#parts.clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#timer = undefined
  }

  #schedule(): void {
    const { clock, every } = this.#parts
    this.#timer = clock.setTimeout(() => {
      // A logger or parser that fails is no reason to end the process.
      void this.#report().catch(() => undefined)
      this.#schedule()
    }, every)
    this.#timer.unref()
  }

  async #report(): Promise<void> {
    const { logger, table, loadReader } = this.#parts
    const before = this.#before as ReportBase
    const now = this.#now()
    this.#before = now
    const found = topStatements(table.statements, before, TOP)
    const reader = await loadReader()
    const top = found.map(({ statement, totalMillis }) => {
      statement.identity ??= identify(statement.example, reader)
      const { fingerprint, text } = statement.identity
      return { fingerprint, statement: text, totalMillis }
    })
    const fields = reportFields(before, now, top)
    logger.info(fields, reportMessage(fields))
  }

  #now(): ReportBase {
    const { clock, table, stats } = this.#parts
    const spent = new Map([...table.statements].map(each => [each, each.counters.totalMillis]))
    return { at: clock.now(), counters: table.all.copy(), stats: stats(), spent }
  }
}
