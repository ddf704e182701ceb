import { setTimeout as delay } from 'node:timers/promises'
import { type Connection, ConnectionWatch } from './connections.js'
import { isKept } from './kept-processes.js'
import { children, commandLine } from './process-tree.js'
import { SpawnCount } from './spawn-count.js'
import { temporaryDatabases } from './temporary-database.js'

/** Milliseconds in which the effects of a test must have ended: closing a connection takes a moment to show. */
const PATIENCE = 20_000
/** Milliseconds between two looks at the server. */
const POLL = 10

/** Hooks for a test runner. Each rejects when something leaked, naming it. */
export interface LeakTracker {
  /** Remembers what is there before a test. */
  beforeTest(name: string): Promise<void>
  /** Fails when the test left a child process, an unhandled rejection, a running statement or an open transaction. */
  afterTest(): Promise<void>
  /** Fails when a connection to one of the file's temporary databases is still open, naming the test that opened it. */
  afterFile(): Promise<void>
}

/**
 * Watches what tests leave behind. Idle connections may outlive a test, because a pool may serve a whole file, but
 * not the file.
 *
 * @param options.patience milliseconds to wait for a leftover to go away before it counts as leaked; default 20 s
 */
export function trackLeaks({ patience = PATIENCE }: { patience?: number } = {}): LeakTracker {
  return new Tracker(patience)
}

/** Looks before and after, and compares. */
class Tracker implements LeakTracker {
  readonly #patience: number
  readonly #watch = new ConnectionWatch()
  readonly #openedBy = new Map<number, string>()
  readonly #rejections: unknown[] = []
  readonly #onRejection = (reason: unknown): void => {
    this.#rejections.push(reason)
  }
  readonly #spawned = new SpawnCount()
  #processes = new Set<number>()
  /** How many had been started when it was looked last: a look at all processes of a machine takes its time. */
  #seen = -1
  #busy = new Set<number>()
  #test = 'the preparation of the file'

  constructor(patience: number) {
    this.#patience = patience
    process.on('unhandledRejection', this.#onRejection)
  }

  async beforeTest(name: string): Promise<void> {
    this.#test = name
    if (this.#spawned.count !== this.#seen) this.#processes = new Set(this.#children())
    const connections = await this.#connections()
    this.#busy = new Set(connections.filter(isBusy).map(({ pid }) => pid))
  }

  async afterTest(): Promise<void> {
    const connections = await this.#leftover(async () => {
      const open = await this.#connections()
      return open.filter(each => isBusy(each) && !this.#busy.has(each.pid))
    })
    const processes =
      this.#spawned.count === this.#seen ? [] : await this.#leftover(async () => this.#added())
    // One turn of the event loop lets a rejection show itself.
    await new Promise(resolve => setImmediate(resolve))
    report(this.#test, [
      ...connections.map(each => `a connection at work: ${describe(each)}`),
      ...processes.map(pid => `a child process: ${pid} ${commandLine(pid)}`),
      ...this.#rejections.splice(0).map(reason => `an unhandled rejection: ${reason}`),
    ])
  }

  async afterFile(): Promise<void> {
    process.off('unhandledRejection', this.#onRejection)
    this.#spawned.stop()
    const connections = await this.#leftover(() => this.#connections())
    await this.#watch.close()
    report(
      'the test file',
      connections.map(
        each => `a connection opened during ${this.#openedBy.get(each.pid)}: ${describe(each)}`,
      ),
    )
  }

  #children(): number[] {
    this.#seen = this.#spawned.count
    return children(process.pid)
  }

  /** Children that were not there before the test, and are not to outlive it. */
  #added(): number[] {
    return this.#children().filter(pid => !(this.#processes.has(pid) || isKept(pid)))
  }

  async #connections(): Promise<Connection[]> {
    const connections = await this.#watch.list(temporaryDatabases())
    for (const { pid } of connections) {
      if (!this.#openedBy.has(pid)) this.#openedBy.set(pid, this.#test)
    }
    return connections
  }

  /** What `look` finds once it finds nothing, or when the patience is over. */
  async #leftover<T>(look: () => Promise<T[]>): Promise<T[]> {
    const deadline = performance.now() + this.#patience
    let found = await look()
    while (found.length > 0 && performance.now() < deadline) {
      await delay(POLL)
      found = await look()
    }
    return found
  }
}

/** At work, or inside a transaction. */
function isBusy({ state }: Connection): boolean {
  return state !== 'idle' && state !== 'starting'
}

/** A connection in words: whose it is and what it did last. */
function describe({ pid, database, application, state, query }: Connection): string {
  const name = application ? ` of "${application}"` : ''
  return `backend ${pid}${name} in ${database}, ${state}, latest statement: ${query || 'none'}`
}

/** Throws when something leaked, naming all of it. */
function report(where: string, leaks: readonly string[]): void {
  if (leaks.length > 0) throw new Error(`Leaked by ${where}:\n- ${leaks.join('\n- ')}`)
}
