import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { HistoryReader, machineTime, seededRandom } from '@holdfast/testkit'

const PROGRAM = fileURLToPath(new URL('./worker.mjs', import.meta.url))
/** Milliseconds in which a worker ends its last operations. */
const PATIENCE = 15_000

/**
 * @typedef {import('@holdfast/testkit').HistoryChecker} HistoryChecker
 * @typedef {import('@holdfast/testkit').HistoryEvent} HistoryEvent
 * @typedef {{ child: import('node:child_process').ChildProcess, source: string, reader: HistoryReader }} Worker
 * @typedef {{ databaseUrl: string, redisUrl?: string }} Urls
 * @typedef {{ options: import('./options.mjs').Options, folder: string, checker: HistoryChecker,
 *   urls: (index: number) => Urls, onEvent: (event: HistoryEvent) => void }} Parts
 */

/** The processes of a run: started, killed, started again, and heard by the checker. */
export class WorkerSet {
  /** What workers said when they ended: errors by name and the statistics of their caches. @type {any[]} */
  reports = []
  /** @type {Parts} */ #parts
  /** @type {(Worker | undefined)[]} */ #workers = []
  #started = 0

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts
  }

  get count() {
    return this.#parts.options.processes
  }

  /** Starts the worker of this index. @param {number} index */
  start(index) {
    const { options, folder, checker, urls } = this.#parts
    this.#started += 1
    const source = `p${index}.${this.#started}`
    const path = `${folder}/${source}`
    const child = fork(PROGRAM, [], { stdio: ['ignore', 2, 2, 'ipc'], execArgv: [] })
    child.on('error', () => undefined)
    child.on('message', report => this.reports.push(report))
    checker.open(source, machineTime())
    const seed = seededRandom(options.seed + 7_919 * this.#started).int(0, 0xffffffff)
    child.send({ kind: 'run', task: { process: index, seed, path, options, ...urls(index) } })
    this.#workers[index] = { child, source, reader: new HistoryReader(path) }
  }

  /** Ends a worker without warning. Resolves when it is gone and all it had recorded is known. @param {number} index */
  async kill(index) {
    const worker = this.#workers[index]
    if (worker === undefined) return
    worker.child.kill('SIGKILL')
    await this.#ended(worker)
  }

  /** @param {number} index @param {import('./worker.mjs').Order} order */
  tell(index, order) {
    const { child } = this.#workers[index] ?? {}
    if (child?.connected) child.send(order)
  }

  /** Hands what was recorded meanwhile to the checker. */
  hear() {
    for (const worker of this.#workers) if (worker !== undefined) this.#hear(worker)
  }

  /** Starts workers again that ended by themselves; tells how many had. */
  revive() {
    let count = 0
    for (const [index, worker] of this.#workers.entries()) {
      if (worker === undefined || (worker.child.exitCode === null && worker.child.signalCode === null))
        continue
      count += 1
      this.#close(worker)
      this.start(index)
    }
    return count
  }

  /** Ends all workers in order. */
  async stop() {
    await Promise.all(
      this.#workers.map(async (worker, index) => {
        if (worker === undefined) return
        this.tell(index, { kind: 'stop' })
        const timer = setTimeout(() => worker.child.kill('SIGKILL'), PATIENCE)
        await this.#ended(worker)
        clearTimeout(timer)
      }),
    )
  }

  /** @param {Worker} worker */
  async #ended(worker) {
    const { child } = worker
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    this.#close(worker)
  }

  /** @param {Worker} worker */
  #close(worker) {
    const index = this.#workers.indexOf(worker)
    if (index === -1) return
    this.#workers[index] = undefined
    this.#hear(worker)
    worker.reader.close()
    this.#parts.checker.close(worker.source, machineTime())
  }

  /** @param {Worker} worker */
  #hear({ source, reader }) {
    for (const event of reader.events()) {
      this.#parts.onEvent(event)
      this.#parts.checker.add(source, event)
    }
  }
}
