import { createConnection } from 'node:net'
import { findProgram } from './find-program.js'
import type { GuardedCommand } from './guardian.js'
import { ListeningServer, started } from './listening-server.js'
import { temporaryFolder } from './reachable-folder.js'

/** How a Redis is started. */
export interface RedisOptions {
  /** More arguments of redis-server, for example `['--maxmemory', '10mb']`. */
  readonly args?: readonly string[]
}

/**
 * Starts a real Redis on 127.0.0.1 that keeps nothing on disk and ends when this process ends.
 *
 * @throws Error naming the package to install when there is no redis-server, or with the server's own words when
 *   it does not start
 */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  return started(new RedisServer(findRedis(), options))
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

/** A running Redis; a stop or a kill loses everything in it. */
export class RedisServer extends ListeningServer {
  readonly #program: string
  readonly #options: RedisOptions

  constructor(program: string, options: RedisOptions) {
    super('Redis', temporaryFolder(undefined, 'holdfast-redis-'))
    this.#program = program
    this.#options = options
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  protected override command(folder: string): Pick<GuardedCommand, 'program' | 'args'> {
    const settings = { port: this.port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder }
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
    return { program: this.#program, args: [...args, ...(this.#options.args ?? [])] }
  }

  protected override answers(): Promise<boolean> {
    return answersPing(this.port)
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
