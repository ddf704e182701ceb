import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.js'
import { type GuardedCommand, type GuardedProcess, serverEnvironment } from './guardian.js'
import { ServerLog } from './server-log.js'
import { ServerProcess } from './server-process.js'

/** Milliseconds in which a server starts on a busy machine. */
const START_DEADLINE = 15_000
/** Milliseconds in which a stop ends before the server is killed. */
const STOP_PATIENCE = 5000
/** Ports that are tried before it is given up: another process may take one first. */
const PORTS = 5

/** A server that is one process and listens on one port of 127.0.0.1, which it keeps over stops and starts. */
export abstract class ListeningServer {
  #port = 0
  readonly #name: string
  readonly #folder: string
  readonly #log: ServerLog
  readonly #process: ServerProcess

  /** @param name for errors @param folder for its files, removed with it */
  constructor(name: string, folder: string) {
    this.#name = name
    this.#folder = folder
    this.#log = new ServerLog(join(folder, 'server.log'))
    this.#process = new ServerProcess({ stopSignal: 'SIGTERM', removeFolder: folder })
  }

  get port(): number {
    return this.#port
  }

  /** The id of its process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** What it has logged since its latest start, at most the last 16 KiB. */
  get log(): string {
    return this.#log.text()
  }

  /** Starts it; after a stop or kill, on the port it had before. @throws Error with its own words */
  async start(): Promise<void> {
    const isRestart = this.#port !== 0
    for (let attempt = 1; ; attempt += 1) {
      if (!isRestart) this.#port = await freePort()
      const problem = await this.#tryStart()
      if (problem === undefined) return
      if (!isRestart && attempt < PORTS && /Address already in use/i.test(problem)) continue
      throw new Error(`${this.#name} did not start on port ${this.#port}:\n${problem}`)
    }
  }

  /** Ends it; clients see their connections closed. */
  async stop(): Promise<void> {
    await this.#process.end('SIGTERM', STOP_PATIENCE)
  }

  /** Stops and starts again on the same port. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Ends it without any farewell. Resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process.kill(signal)
  }

  /** Freezes the process: connections stay open, nothing answers. */
  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }

  /** Ends it and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#process.close()
  }

  /** What is to be run in order to listen on the port, with fresh files in the folder. */
  protected abstract command(folder: string): Pick<GuardedCommand, 'program' | 'args' | 'account'>

  /** Whether this very server answers on its port. */
  protected abstract answers(): Promise<boolean>

  /** Why it did not start; `undefined` when it did. */
  async #tryStart(): Promise<string | undefined> {
    this.#log.mark()
    const running = await this.#process.start({
      ...this.command(this.#folder),
      folder: this.#folder,
      log: this.#log.path,
      environment: serverEnvironment(),
    })
    return this.#whenReady(running)
  }

  async #whenReady({ exited }: GuardedProcess): Promise<string | undefined> {
    const deadline = performance.now() + START_DEADLINE
    const end = exited.then(() => 'exited' as const)
    while (!(await this.answers())) {
      const state = await Promise.race([end, delay(10, 'running' as const)])
      if (state === 'exited') return this.log || 'It ended without a word'
      if (performance.now() > deadline) {
        await this.kill()
        return `It was not ready after ${START_DEADLINE / 1000} s\n${this.log}`
      }
    }
    return undefined
  }
}

/** Starts a server; what is left of one that does not start is removed. */
export async function started<S extends ListeningServer>(server: S): Promise<S> {
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}
