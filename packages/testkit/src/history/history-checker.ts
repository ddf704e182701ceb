import type { Begin, End, HistoryEvent, Read } from './events.js'
import { History } from './history.js'
import { judge } from './judge.js'
import type { Violation } from './violation.js'

/** How strictly a history is checked; every field has a default. Milliseconds. */
export interface CheckerOptions {
  /** How far a read may be behind. Default: 0. */
  readonly bound?: number
  /** How long after its caller gave up a write may still take effect. Default: 15 s. */
  readonly settle?: number
  /** How long replaced versions are remembered: longer than any read takes. Default: 60 s. */
  readonly remember?: number
}

/** A write that has started and not ended. */
interface Open {
  readonly begin: Begin
  readonly source: string
}

/**
 * Checks a history while it is being recorded. Each process is a *source* that tells its own events in order; sources
 * may be heard in any order. A read is judged once everything that ended before it is known, and condemned only once
 * every write that started before its end has ended too. Memory depends on the number of registers and on the last
 * minute, not on the length of the run.
 */
export class HistoryChecker {
  readonly #bound: number
  readonly #remember: number
  readonly #history: History
  /** Writes under way, by name. */
  readonly #open = new Map<string, Open>()
  /** Until when each source has told everything. */
  readonly #marks = new Map<string, number>()
  /** Reads that not every source has caught up with. */
  #waiting: Read[] = []
  /** Reads that a write under way may still explain. */
  #doubtful: Read[] = []
  #pruned = Number.NEGATIVE_INFINITY
  /** Reads judged so far. */
  reads = 0
  /** Writes that have ended so far, by outcome. */
  readonly writes = { committed: 0, aborted: 0, unknown: 0 }

  constructor({ bound = 0, settle = 15_000, remember = 60_000 }: CheckerOptions = {}) {
    this.#bound = bound
    this.#remember = remember
    this.#history = new History(settle)
  }

  /** Announces a source: no read is judged without it from now on. */
  open(source: string, time: number): void {
    this.#marks.set(source, time)
  }

  /** Takes in what a source tells. */
  add(source: string, event: HistoryEvent): void {
    if (event.kind === 'read') this.#waiting.push(event)
    else if (event.kind === 'mark') this.#marks.set(source, event.time)
    else if (event.kind === 'begin') this.#open.set(event.write, { begin: event, source })
    else this.#end(event)
  }

  /** A source has ended, however: nobody will hear how its open writes went. */
  close(source: string, time: number): void {
    this.#marks.delete(source)
    for (const [write, open] of this.#open) {
      if (open.source === source)
        this.#end({ kind: 'end', write, end: time, outcome: 'unknown', changes: [] })
    }
  }

  /** Judges what can be judged by now, and returns the violations found. */
  settle(): Violation[] {
    const known = Math.min(...this.#marks.values())
    const ready = this.#waiting.filter(({ end }) => end < known)
    this.#waiting = this.#waiting.filter(({ end }) => end >= known)
    this.reads += ready.length
    const doubtful = [...this.#doubtful, ...ready].filter(read => this.#judge(read).length > 0)
    const earliest = Math.min(known, ...[...this.#open.values()].map(({ begin }) => begin.start))
    const condemned = doubtful.filter(({ end }) => end < earliest)
    this.#doubtful = doubtful.filter(({ end }) => end >= earliest)
    const violations = condemned.flatMap(read => this.#judge(read))
    this.#prune(Math.min(known, ...this.#doubtful.map(({ start }) => start)))
    return violations
  }

  /** Judges all that is left: every source has ended. */
  finish(): Violation[] {
    for (const source of [...this.#marks.keys()]) this.close(source, this.#marks.get(source) as number)
    return this.settle()
  }

  /** What is wrong with a read as far as the writes are known by now. */
  #judge(read: Read): Violation[] {
    return judge(this.#history, read, this.#bound)
  }

  #end(end: End): void {
    const open = this.#open.get(end.write)
    if (open === undefined) throw new Error(`The end of ${end.write} was recorded, but not its beginning`)
    this.#open.delete(end.write)
    this.writes[end.outcome] += 1
    this.#history.apply(open.begin, end)
  }

  /** Once a second of the history is often enough. */
  #prune(known: number): void {
    if (!Number.isFinite(known) || known < this.#pruned + 1000) return
    this.#pruned = known
    this.#history.prune(known - this.#remember - this.#bound)
  }
}
