import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { findProgram } from './find-program.js'
import { freePort } from './free-port.js'
import { type GuardedProcess, serverEnvironment } from './guardian.js'
import { type Bouncer, type PoolMode, writePgBouncerFiles } from './pgbouncer-files.js'
import type { Settings, TlsIdentity } from './postgres-settings.js'
import { temporaryFolder } from './reachable-folder.js'
import { newPassword, registerSecret } from './secrets.js'
import { type ServerAccount, serverAccount } from './server-account.js'
import { ServerLog } from './server-log.js'
import { ServerProcess } from './server-process.js'

/** How a PgBouncer is started. */
export interface PgBouncerOptions {
  /** The database behind it: anything with a URL, such as a server or a temporary database of this kit. */
  readonly postgres: { readonly url: string }
  /** When a server connection goes back to the pool. Default: `transaction`. */
  readonly mode?: PoolMode
  /** More settings of pgbouncer.ini, for example `{ default_pool_size: 1 }`. */
  readonly settings?: Settings
  /** Turns TLS towards clients on, with this certificate and key as PEM text. */
  readonly tls?: TlsIdentity
}

/** Milliseconds in which it starts on a busy machine. */
const START_DEADLINE = 15_000
/** Milliseconds in which a stop ends before it is killed. */
const STOP_PATIENCE = 5000

/**
 * Starts a real PgBouncer on 127.0.0.1 before a database. As root it runs as the account `postgres`. It ends when this
 * process ends.
 *
 * @throws Error naming the package to install when there is no pgbouncer, or with its own words when it does not start
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncerServer> {
  const server = new PgBouncerServer(findPgBouncer(), options)
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** The path of `pgbouncer`, or an error that says what to install. */
function findPgBouncer(): string {
  const program = findProgram('pgbouncer')
  if (program) return program
  throw new Error(
    'pgbouncer is not installed. Install it from the package "pgbouncer" (apt-get install pgbouncer, ' +
      'brew install pgbouncer, apk add pgbouncer, dnf install pgbouncer).',
  )
}

/**
 * A running PgBouncer. It knows the user of the URL, with the password there, and every database of that server by its
 * own name; it keeps no state that a restart would lose.
 */
export class PgBouncerServer {
  readonly host = '127.0.0.1'
  #port = 0
  readonly #program: string
  readonly #options: PgBouncerOptions
  readonly #account: ServerAccount = serverAccount()
  readonly #folder: string
  readonly #admin: Bouncer['admin'] = { user: 'bouncer_admin', password: newPassword() }
  readonly #log: ServerLog
  readonly #process: ServerProcess

  constructor(program: string, options: PgBouncerOptions) {
    this.#program = program
    this.#options = options
    this.#folder = temporaryFolder(this.#account, 'holdfast-pgbouncer-')
    this.#log = new ServerLog(join(this.#folder, 'server.log'))
    this.#process = new ServerProcess({ stopSignal: 'SIGTERM', removeFolder: this.#folder })
  }

  get port(): number {
    return this.#port
  }

  /** The URL of the same database, for the same user, through the pooler. */
  get url(): string {
    return this.urlFor(this.#options.postgres.url)
  }

  /** The URL of a database of the same server and user, through the pooler. */
  urlFor(serverUrl: string): string {
    const url = new URL(serverUrl)
    url.hostname = this.host
    url.port = String(this.#port)
    registerSecret(url.href)
    return url.href
  }

  /** The id of its process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** What it has logged since its latest start, at most the last 16 KiB. */
  get log(): string {
    return this.#log.text()
  }

  /** Starts it again after a stop or kill, on the port it had before. */
  async start(): Promise<void> {
    const isRestart = this.#port !== 0
    for (let attempt = 1; ; attempt += 1) {
      if (!isRestart) this.#port = await freePort()
      const problem = await this.#tryStart()
      if (problem === undefined) return
      if (!isRestart && attempt < 5 && /Address already in use/i.test(problem)) continue
      throw new Error(`PgBouncer did not start on port ${this.#port}:\n${problem}`)
    }
  }

  /**
   * Runs a command of the admin console, for example `PAUSE`, `RESUME`, `SHOW POOLS` or `SET query_wait_timeout = 1`.
   * For `SHUTDOWN`, which is never answered, there is {@link PgBouncerServer.shutDown}.
   */
  async admin(command: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client(this.#console())
    // After SHUTDOWN the connection ends without a word, which the query reports.
    client.on('error', () => undefined)
    await client.connect()
    try {
      return (await client.query(command)).rows
    } finally {
      await client.end()
    }
  }

  /** `SHUTDOWN` on the admin console; resolves when the process has ended. */
  async shutDown(): Promise<void> {
    await this.admin('SHUTDOWN').catch(() => undefined)
    await this.stop()
  }

  /** Ends it; clients see their connections closed. */
  async stop(): Promise<void> {
    await this.#process.end('SIGTERM', STOP_PATIENCE)
  }

  /** Ends it without any farewell. Resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process.kill(signal)
  }

  /** Freezes the process: connections stay open, nothing answers. Its own command `PAUSE` is something else. */
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

  /** Starts the process with fresh files; the result says why that failed. */
  async #tryStart(): Promise<string | undefined> {
    this.#log.mark()
    const configuration = writePgBouncerFiles({
      ...this.#options,
      mode: this.#options.mode ?? 'transaction',
      port: this.#port,
      admin: this.#admin,
      folder: this.#folder,
      account: this.#account,
    })
    const running = await this.#process.start({
      program: this.#program,
      args: [configuration],
      folder: this.#folder,
      log: this.#log.path,
      environment: serverEnvironment(),
      account: this.#account,
    })
    return this.#whenReady(running)
  }

  /** Why it is not ready; `undefined` when it is. */
  async #whenReady({ exited }: GuardedProcess): Promise<string | undefined> {
    const deadline = performance.now() + START_DEADLINE
    const end = exited.then(() => 'exited' as const)
    while (!(await this.#answers())) {
      const state = await Promise.race([end, delay(10, 'running' as const)])
      if (state === 'exited') return this.log || 'It ended without a word'
      if (performance.now() > deadline) {
        await this.kill()
        return `It was not ready after ${START_DEADLINE / 1000} s\n${this.log}`
      }
    }
    return undefined
  }

  /** Only this very process knows the password of its console. */
  #answers(): Promise<boolean> {
    return this.admin('SHOW VERSION').then(
      () => true,
      () => false,
    )
  }

  #console(): pg.ClientConfig {
    // Through TLS the certificate is not the point here.
    const ssl = this.#options.tls === undefined ? false : { rejectUnauthorized: false }
    return { host: this.host, port: this.#port, database: 'pgbouncer', ...this.#admin, ssl }
  }
}
