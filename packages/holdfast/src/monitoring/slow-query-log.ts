import { formatMillis } from '../base/duration.js'
import { hitEvent, type QueryEvent, type QueryObserver } from '../base/query-event.js'
import type { SlowQuerySettings } from '../base/slow-query-options.js'
import type { Logger } from '../base/warning.js'
import { locationIn, stackHere } from './caller-location.js'
import type { LogFields } from './log-lines.js'
import { LogSampler } from './log-sampler.js'
import { maskPlan, planInNotice } from './plan-text.js'
import { identify, type StatementReader } from './statement-stats.js'
import type { CountedStatement, SlowRun } from './statement-table.js'

/** What the log of slow queries works with. */
export interface SlowQueryLogParts {
  readonly settings: SlowQuerySettings
  /** Of the pool. */
  readonly name: string
  /** Absent: slow runs are only remembered. */
  readonly logger: Logger | undefined
  /** The statement that a query counts for; absent while statistics are off. */
  readonly statementOf: ((event: QueryEvent) => CountedStatement) | undefined
  readonly loadReader: () => Promise<StatementReader>
  /** Asks PostgreSQL for the plan of a text, without running it. */
  readonly explain: (text: string) => Promise<string>
  /** Milliseconds since 1970. */
  readonly time: () => number
}

/** A plan is asked for again after so many milliseconds. */
const PLAN_EVERY_MS = 60_000
/** Statements whose plans are remembered as asked for. */
const MOST_PLANNED = 1_000

/** Remembers slow queries with their statements, and tells the logger: at most so many a minute, and no values. */
export class SlowQueryLog implements QueryObserver {
  readonly #parts: SlowQueryLogParts
  readonly #sampler: LogSampler
  readonly #calls = new WeakMap<QueryEvent, { stack?: string }>()
  /** Until when the plan of a fingerprint is not asked for again. */
  readonly #planned = new Map<string, number>()
  #explaining = false
  /** Notes the place of each call; absent unless it is asked for, because it costs. */
  readonly started: ((event: QueryEvent) => void) | undefined

  constructor(parts: SlowQueryLogParts) {
    this.#parts = parts
    this.#sampler = new LogSampler(parts.settings.linesPerMinute)
    this.started = parts.settings.location === 'call' ? event => this.#noteCall(event) : undefined
  }

  /** Redis may be slow to confirm one. */
  readonly hit = (text: string, rows: number, millis: number): void => {
    if (millis >= this.#parts.settings.threshold) this.ended(hitEvent(text, rows, millis))
  }

  ended(event: QueryEvent): void {
    if (event.endedAt - event.startedAt < this.#parts.settings.threshold) return
    const statement = this.#parts.statementOf?.(event)
    const run: SlowRun = {
      at: this.#parts.time(),
      millis: event.endedAt - event.startedAt,
      waitMillis: event.waitMillis,
      location: locationIn(this.#calls.get(event)?.stack ?? stackHere()),
      plan: planInNotice(event.notice, event.text) ?? statement?.lastSlow?.plan,
    }
    if (statement !== undefined) statement.lastSlow = run
    const omitted = this.#sampler.take(event.endedAt)
    // A logger or parser that fails is no reason to fail a query for.
    if (omitted !== undefined) void this.#tell({ event, statement, run, omitted }).catch(() => undefined)
  }

  async #tell({ event, statement, run, omitted }: Told): Promise<void> {
    const { logger, name } = this.#parts
    if (logger === undefined && !this.#parts.settings.plan) return
    const identity = await this.#identify(event, statement)
    const plan = planInNotice(event.notice, event.text) ?? (await this.#plan(event, identity.fingerprint))
    if (plan !== undefined && statement?.lastSlow === run) statement.lastSlow = { ...run, plan }
    const fields = slowQueryFields(event, { pool: name, ...identity, location: run.location, plan, omitted })
    logger?.warn(fields, slowQueryMessage(event))
  }

  async #identify(event: QueryEvent, statement: CountedStatement | undefined) {
    const reader = await this.#parts.loadReader()
    if (statement === undefined) return identify(event.text, reader)
    statement.identity ??= identify(statement.example, reader)
    return statement.identity
  }

  /** One at a time: a database that is slow already is not asked for many. */
  async #plan({ text, endedAt }: QueryEvent, fingerprint: string): Promise<string | undefined> {
    const isDue = endedAt >= (this.#planned.get(fingerprint) ?? 0)
    if (!this.#parts.settings.plan || this.#explaining || !isDue || text === '') return undefined
    if (this.#planned.size >= MOST_PLANNED) this.#planned.clear()
    this.#planned.set(fingerprint, endedAt + PLAN_EVERY_MS)
    this.#explaining = true
    try {
      return maskPlan(await this.#parts.explain(text))
    } catch {
      return undefined
    } finally {
      this.#explaining = false
    }
  }

  #noteCall(event: QueryEvent): void {
    const holder: { stack?: string } = {}
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = CALL_DEPTH
    Error.captureStackTrace(holder)
    Error.stackTraceLimit = stackTraceLimit
    this.#calls.set(event, holder)
  }
}

/** Each frame costs time. */
const CALL_DEPTH = 12

interface Told {
  readonly event: QueryEvent
  readonly statement: CountedStatement | undefined
  readonly run: SlowRun
  readonly omitted: number
}

/** The fields of the line `slow-query`. Durations in milliseconds. */
function slowQueryFields(
  { startedAt, endedAt, waitMillis, rows, attempts, cache, target, error }: QueryEvent,
  told: { pool: string; fingerprint: string; text: string; omitted: number } & Pick<
    SlowRun,
    'location' | 'plan'
  >,
): LogFields<'slow-query'> {
  const { pool, fingerprint, text, location, plan, omitted } = told
  const millis = round(endedAt - startedAt)
  const wait = round(waitMillis)
  return {
    code: 'slow-query',
    ...{ pool, fingerprint, statement: text, millis, waitMillis: wait, runMillis: round(millis - wait) },
    ...{ rows, attempts, cache, target, location, plan },
    ...(error && { error: (error as { code?: string }).code ?? error.name }),
    ...(omitted > 0 && { omitted }),
  }
}

function slowQueryMessage({ startedAt, endedAt, waitMillis }: QueryEvent): string {
  const took = formatMillis(endedAt - startedAt)
  return `A query took ${took}, ${formatMillis(waitMillis)} of it waiting for a connection.`
}

function round(millis: number): number {
  return Math.round(millis * 10) / 10
}
