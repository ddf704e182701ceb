import {
  type ExitStatus,
  type GuardedCommand,
  type GuardedProcess,
  Guardian,
  type GuardianOptions,
} from './guardian.js'
import { descendants, isAlive } from './process-tree.js'

/** Milliseconds between two looks at something that no event announces. */
const POLL = 10

/** The process of a server under its guardian: started and ended any number of times, paused and resumed. */
export class ServerProcess {
  readonly #guardian: Guardian
  #process: GuardedProcess | undefined

  constructor(options: GuardianOptions) {
    this.#guardian = new Guardian(options)
  }

  /** The id of the running process; `undefined` while there is none. */
  get pid(): number | undefined {
    return this.#process?.pid
  }

  /** The id of the process that guards the server. */
  get guardianPid(): number {
    return this.#guardian.pid
  }

  async start(command: GuardedCommand): Promise<GuardedProcess> {
    if (this.#process) throw new Error(`The server runs already, as process ${this.#process.pid}`)
    const started = await this.#guardian.run(command)
    this.#process = started
    started.exited.then(() => {
      if (this.#process === started) this.#process = undefined
    })
    return started
  }

  /** Sends the signal and waits for the end; after `patience` milliseconds everything is killed. */
  async end(signal: NodeJS.Signals, patience = Number.POSITIVE_INFINITY): Promise<ExitStatus | undefined> {
    const running = this.#process
    if (!running) return undefined
    this.resume()
    send(running.pid, signal)
    const timer = Number.isFinite(patience)
      ? setTimeout(() => this.#killTree(running.pid), patience)
      : undefined
    const status = await this.#guardian.keepingAlive(running.exited)
    clearTimeout(timer)
    return status
  }

  /** Kills the process and all its children at once, as a crash of the machine would, and waits until all are gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#process
    if (!running) return
    const tree = signal === 'SIGKILL' ? this.#killTree(running.pid) : [running.pid]
    if (signal !== 'SIGKILL') send(running.pid, signal)
    await this.#guardian.keepingAlive(running.exited)
    while (tree.some(isAlive)) await new Promise(resolve => setTimeout(resolve, POLL))
  }

  /** @throws Error when `pid` is no process that the running one has started */
  signalChild(pid: number, signal: NodeJS.Signals): void {
    const parent = this.#process?.pid
    if (parent === undefined || !descendants(parent).includes(pid))
      throw new Error(`Process ${pid} is none of this server's`)
    process.kill(pid, signal)
  }

  /** Stops the process and all its children in the middle of whatever they do; sockets stay open, mute. */
  pause(): void {
    const pid = this.#process?.pid
    if (pid === undefined) return
    // The parent first, so that it starts no more children while they are being counted.
    send(pid, 'SIGSTOP')
    for (const child of descendants(pid)) send(child, 'SIGSTOP')
  }

  resume(): void {
    const pid = this.#process?.pid
    if (pid === undefined) return
    for (const each of [...descendants(pid), pid]) send(each, 'SIGCONT')
  }

  /** Ends the guardian, which removes the temporary folder. */
  async close(): Promise<void> {
    await this.#guardian.close()
  }

  #killTree(pid: number): number[] {
    send(pid, 'SIGSTOP')
    const tree = [pid, ...descendants(pid)]
    for (const each of tree) send(each, 'SIGKILL')
    return tree
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
