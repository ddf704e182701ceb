import type { ProcessReport } from './process-report.js'

/** A process that has said nothing for so long, in milliseconds, is gone. */
const EXPIRY = 5_000
/** More processes than this are not remembered: the first that were heard stay. */
const MOST = 64
/** Longer messages are none of ours. */
const LONGEST = 64 * 1024

/** The latest reports of other processes, as they came in. */
export class Peers {
  readonly #own: string
  readonly #now: () => number
  readonly #heard = new Map<string, { readonly at: number; readonly report: ProcessReport }>()

  /** @param own the id of this process, whose own reports come back too */
  constructor(own: string, now: () => number) {
    this.#own = own
    this.#now = now
  }

  /** Takes a message. What is no report is left alone: another version may speak on the same channel. */
  hear(message: string): void {
    const report = parseReport(message)
    if (report === undefined || report.id === this.#own) return
    if (!this.#heard.has(report.id) && this.#heard.size >= MOST) return
    this.#heard.set(report.id, { at: this.#now(), report })
  }

  /** Who was heard lately. */
  reports(): readonly ProcessReport[] {
    for (const [id, { at }] of this.#heard) if (this.#now() - at > EXPIRY) this.#heard.delete(id)
    return [...this.#heard.values()].map(({ report }) => report)
  }
}

/** @returns `undefined` for what is no report of this version */
export function parseReport(message: string): ProcessReport | undefined {
  if (message.length > LONGEST) return undefined
  try {
    const report: unknown = JSON.parse(message)
    return looksRight(report) ? report : undefined
  } catch {
    return undefined
  }
}

/** What is added up of each second. */
const NUMBERS = ['requests', 'failures', 'queries', 'queryErrors', 'saved', 'unsaved', 'retries', 'sheds']

/** Whether what is calculated with, and what is walked through, is what it has to be. */
function looksRight(value: unknown): value is ProcessReport {
  const report = Object(value)
  const { second, pool, database, cache } = report
  return (
    report.version === 1 &&
    ['id', 'host'].every(name => typeof report[name] === 'string' && report[name].length <= 256) &&
    ['green', 'degraded', 'red'].includes(report.state) &&
    [report.reasons, report.nodes, report.statements, Object(second).latency].every(Array.isArray) &&
    [database, cache, Object(cache).bypasses, report.errors].every(
      part => typeof part === 'object' && part,
    ) &&
    allFinite(second, NUMBERS) &&
    second.latency.every(Number.isFinite) &&
    allFinite(pool, ['active', 'idle', 'connecting', 'waiting', 'max']) &&
    allFinite(report, ['at', 'startedAt', 'pid'])
  )
}

/** JSON has no infinities, but it has texts, lists and nothing. */
function allFinite(value: unknown, names: readonly string[]): boolean {
  return names.every(name => Number.isFinite(Object(value)[name]))
}
