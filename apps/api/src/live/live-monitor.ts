import { worst } from './assess.js'
import { COLUMNS, History, type Point } from './history.js'
import type { Peers } from './peers.js'
import type { OverallState, ProcessReport } from './process-report.js'
import type { ReportChannel } from './report-channel.js'

/** What is known of all processes at one moment. */
export interface LiveView {
  readonly state: OverallState
  /** This process first. */
  readonly processes: readonly ProcessReport[]
  /** How reports of other processes come in; whether they do now. */
  readonly channel: { readonly kind: 'redis' | 'postgres'; readonly works: boolean }
  /** The latest second, in the order of `columns`. */
  readonly point: Point
  readonly columns: typeof COLUMNS
}

/** What a monitor is made of. */
export interface MonitorParts {
  /** Of this process; called once a second. */
  readonly report: () => ProcessReport
  readonly peers: (own: string) => Peers
  readonly channel: (hear: (message: string) => void) => ReportChannel
  readonly channelKind: 'redis' | 'postgres'
  /** Asks the database; its answer shows in a later report. */
  readonly ask: () => Promise<void>
  readonly now: () => number
}

/** Milliseconds between two looks. */
const TICK = 1_000

/** Looks at everything once a second, tells the other processes, and keeps the history of all. */
export class LiveMonitor {
  readonly history = new History()
  readonly #parts: MonitorParts
  readonly #peers: Peers
  readonly #channel: ReportChannel
  /** Each with what ends it when the service does. */
  readonly #watchers = new Map<(view: LiveView) => void, () => void>()
  readonly #timer: NodeJS.Timeout
  #works = false
  #view: LiveView

  constructor(parts: MonitorParts) {
    this.#parts = parts
    const first = parts.report()
    this.#peers = parts.peers(first.id)
    this.#channel = parts.channel(message => this.#peers.hear(message))
    this.#view = this.#look(first)
    this.#timer = setInterval(() => this.#tick(), TICK)
    // It must not keep a process that has nothing else to do.
    this.#timer.unref()
  }

  /** What was seen last. */
  get view(): LiveView {
    return this.#view
  }

  /** Has each new view told. @param ended called when no more will come @returns ends it */
  watch(watcher: (view: LiveView) => void, ended: () => void): () => void {
    this.#watchers.set(watcher, ended)
    return () => this.#watchers.delete(watcher)
  }

  /** How many watch. */
  get watchers(): number {
    return this.#watchers.size
  }

  /** Stops looking, and ends whatever watches. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const ended of this.#watchers.values()) ended()
    this.#watchers.clear()
    await this.#channel.close()
  }

  #tick(): void {
    void this.#parts.ask()
    const report = this.#parts.report()
    void this.#publish(report)
    this.#view = this.#look(report)
    for (const watcher of this.#watchers.keys()) watcher(this.#view)
  }

  async #publish(report: ProcessReport): Promise<void> {
    this.#works = await this.#channel.publish(JSON.stringify(report))
  }

  #look(own: ProcessReport): LiveView {
    const processes = [own, ...this.#peers.reports()]
    return {
      state: worst(processes.map(({ state }) => state)),
      processes,
      channel: { kind: this.#parts.channelKind, works: this.#works },
      point: this.history.add(this.#parts.now(), processes),
      columns: COLUMNS,
    }
  }
}
