import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { findProgram } from './find-program.js'
import { freePort } from './free-port.js'
import { type GuardedProcess, serverEnvironment } from './guardian.js'
import { temporaryFolder } from './reachable-folder.js'
import { ServerLog } from './server-log.js'
import { ServerProcess } from './server-process.js'

/** How a Redis is started. */
export interface RedisOptions {
  /** More arguments of redis-server, for example `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[]
}

/** Milliseconds in which a server starts on a busy machine. */
const START_DEADLINE = 15_000
/** Milliseconds in which a stop ends before the server is killed. */
const STOP_PATIENCE = 5000

/**
 * Starts a real Redis on 127.0.0.1 that keeps nothing on disk and ends when this process ends.
 *
 * @throws Error naming the package to install when there is no redis-server, or with the server's own words when
 *   it does not start
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const program = findRedis()
  const server = new RedisServer(program, options)
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** The path of `redis-server`, or an error that says what to install. */
function findRedis(): string {
  const program = findProgram('redis-server')
  if (program) return program
  throw new Error(
    'redis-server is not installed. Install it from the package "redis-server" on Debian and Ubuntu ' +
      '(apt-get install redis-server) or "redis" elsewhere (brew install redis, apk add redis).',
  )
}

/** A running Redis. */
export class RedisServer {
  #port = 0
  readonly #program: string
  readonly #options: RedisOptions
  readonly #folder: string
  readonly #log: ServerLog
  readonly #process: ServerProcess

  constructor(program: string, options: RedisOptions) {
    this.#program = program
    this.#options = options
    this.#folder = temporaryFolder(undefined, 'holdfast-redis-')
    this.#log = new ServerLog(join(this.#folder, 'server.log'))
    this.#process = new ServerProcess({ stopSignal: 'SIGTERM', removeFolder: this.#folder })
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#port}`
  }

  /** The id of the server's process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Starts the server again after a stop or kill, empty, on the port it had before. */
  async start(): Promise<void> {
    const isRestart = this.#port !== 0
    for (let attempt = 1; ; attempt += 1) {
      if (!isRestart) this.#port = await freePort()
      const problem = await this.#tryStart()
      if (problem === undefined) return
      if (!isRestart && attempt < 5 && /Address already in use/.test(problem)) continue
      throw new Error(`Redis did not start on port ${this.#port}:\n${problem}`)
    }
  }

  /** Ends the server; everything in it is lost. */
  async stop(): Promise<void> {
    await this.#process.end('SIGTERM', STOP_PATIENCE)
  }

  /** Stops and starts again on the same port, empty. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Ends the server without any farewell. Resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process.kill(signal)
  }

  /** Freezes the server: connections stay open, nothing answers. */
  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }

  /** Ends the server and removes its files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#process.close()
  }

  async #tryStart(): Promise<string | undefined> {
    this.#log.mark()
    const settings = { port: this.#port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: this.#folder }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    const running = await this.#process.start({
      program: this.#program,
      args: [...args, ...(this.#options.args ?? [])],
      folder: this.#folder,
      log: this.#log.path,
      environment: serverEnvironment(),
    })
    return this.#whenReady(running)
  }

  async #whenReady({ exited }: GuardedProcess): Promise<string | undefined> {
    const deadline = performance.now() + START_DEADLINE
    const end = exited.then(() => 'exited' as const)
    while (!(await answersPing(this.#port))) {
      const state = await Promise.race([end, delay(10, 'running' as const)])
      if (state === 'exited') return this.#log.text() || 'It ended without a word'
      if (performance.now() > deadline) {
        await this.kill()
        return `It was not ready after ${START_DEADLINE / 1000} s\n${this.#log.text()}`
      }
    }
    return undefined
  }
}

/** Whether a Redis answers on this port. One that wants a password says so, which is an answer. */
function answersPing(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'))
    const settle = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('data', data => settle(/^(\+PONG|-NOAUTH)/.test(data.toString())))
  })
}
