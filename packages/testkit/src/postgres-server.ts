import { readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './free-port.js'
import { type GuardedProcess, serverEnvironment } from './guardian.js'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.js'
import { offerTemplate, openPostgresData, type PostgresData } from './postgres-data.js'
import {
  FAST_SETTINGS,
  NETWORK_SETTINGS,
  type Settings,
  settingArguments,
  type TlsIdentity,
  tlsSettings,
} from './postgres-settings.js'
import { temporaryFolder } from './reachable-folder.js'
import { registerSecret } from './secrets.js'
import { type ServerAccount, serverAccount } from './server-account.js'
import { ServerLog } from './server-log.js'
import { ServerProcess } from './server-process.js'
import type { StandbySource } from './standby-data.js'
import { createDatabase, type TestDatabase } from './test-database.js'

/** How a server is started; every field has a default. */
export interface PostgresOptions {
  /** Configuration settings, for example `{ max_connections: 5 }`. */
  readonly settings?: Settings
  /** The bin folder of an installed PostgreSQL. Default: the embedded PostgreSQL 18. */
  readonly binaries?: string
  /** Folder for data that outlive the server. Default: a temporary folder, removed when the server is disposed. */
  readonly dataDirectory?: string
  /** Default: a free one. */
  readonly port?: number
  /** Turns TLS on, with this certificate and key as PEM text. */
  readonly tls?: TlsIdentity
  /** Begins with a copy of this running server's data, and follows it as a hot standby. */
  readonly follows?: PostgresServer
}

export type StopMode = 'smart' | 'fast' | 'immediate'

const STOP_SIGNALS: Record<StopMode, NodeJS.Signals> = {
  smart: 'SIGTERM',
  fast: 'SIGINT',
  immediate: 'SIGQUIT',
}
/** Milliseconds in which a server starts, crash recovery on a busy machine included. */
const START_DEADLINE = 60_000
/** Milliseconds in which a fast stop ends before everything is killed. */
const STOP_PATIENCE = 15_000

/** Everything a server consists of. */
interface PostgresParts {
  readonly options: PostgresOptions
  readonly account: ServerAccount
  readonly binaries: PostgresBinaries
  readonly files: PostgresData
}

/**
 * Starts a real PostgreSQL on 127.0.0.1, reachable with the password in its `url`. As root it runs as the account
 * `postgres`. It ends when this process ends, however that happens.
 *
 * @throws Error with the server's own words when it does not start within a minute
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await preparePostgres(options)
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

/** A server with its files in place that has not been started yet. */
export async function preparePostgres(options: PostgresOptions): Promise<PostgresServer> {
  const account = serverAccount(options.dataDirectory)
  const binaries = await postgresBinaries(account, options.binaries)
  const folder = options.dataDirectory ?? temporaryFolder(account, 'holdfast-postgres-')
  const durable = options.dataDirectory !== undefined
  const source = options.follows?.source
  const files = await openPostgresData({ folder: resolve(folder), account, binaries, durable, source })
  return new PostgresServer({ options, account, binaries, files })
}

/** A running PostgreSQL. */
export class PostgresServer {
  readonly host = '127.0.0.1'
  readonly user = 'postgres'
  readonly password: string
  #port = 0
  readonly #parts: PostgresParts
  readonly #process: ServerProcess
  readonly #log: ServerLog

  constructor(parts: PostgresParts) {
    const { files, options } = parts
    this.#parts = parts
    this.password = files.password
    this.#log = new ServerLog(files.log)
    const removeFolder = options.dataDirectory === undefined ? files.folder : undefined
    this.#process = new ServerProcess({ stopSignal: STOP_SIGNALS.fast, removeFolder })
  }

  get port(): number {
    return this.#port
  }

  /** The id of the server's first process; `undefined` while it is stopped. */
  get pid(): number | undefined {
    return this.#process.pid
  }

  /** The id of the process that ends the server when this process ends. */
  get guardianPid(): number {
    return this.#process.guardianPid
  }

  /** The superuser's URL of the database `postgres`. */
  get url(): string {
    return this.urlFor('postgres')
  }

  /** What a standby of this server starts with. */
  get source(): StandbySource {
    return { data: this.#parts.files.data, url: this.url, password: this.password }
  }

  /** The path of the server's log. */
  get logFile(): string {
    return this.#log.path
  }

  /** What the server has logged since its latest start, at most the last 16 KiB. */
  get log(): string {
    return this.#log.text()
  }

  /** The superuser's URL of a database on this server. */
  urlFor(database: string): string {
    return `postgres://${this.user}:${this.password}@${this.host}:${this.port}/${encodeURIComponent(database)}`
  }

  /** Starts the server again after a stop or kill, on the port it had before. */
  async start(): Promise<void> {
    const { options } = this.#parts
    const fixed = options.port ?? (this.#port || undefined)
    for (let attempt = 1; ; attempt += 1) {
      this.#port = fixed ?? (await freePort())
      const problem = await this.#tryStart()
      if (problem === undefined) break
      // Between finding a free port and binding it, another process may have taken it.
      if (fixed === undefined && attempt < 5 && /Address already in use/.test(problem)) continue
      throw new Error(`PostgreSQL did not start on port ${this.#port}:\n${problem}`)
    }
    registerSecret(this.url)
  }

  /** Stops the server; the data stay until it is disposed. `fast` ends running queries, `smart` waits for clients. */
  async stop({ mode = 'fast' }: { mode?: StopMode } = {}): Promise<void> {
    await this.#process.end(STOP_SIGNALS[mode], mode === 'smart' ? undefined : STOP_PATIENCE)
  }

  /** Stops and starts again on the same port with the same data. */
  async restart(options?: { mode?: StopMode }): Promise<void> {
    await this.stop(options)
    await this.start()
  }

  /** Throws the data away and starts as a hot standby of another server, on the port it had before. */
  async startOver(primary: PostgresServer): Promise<void> {
    const { account, binaries, files } = this.#parts
    await this.stop({ mode: 'immediate' })
    await rm(files.data, { recursive: true })
    const { folder } = files
    await openPostgresData({ folder, account, binaries, durable: false, source: primary.source })
    await this.start()
  }

  /** Ends the server and all its backends without any farewell. Resolves when they are gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#process.kill(signal)
  }

  /**
   * Sends a signal to one backend. SIGKILL makes the server end all others too and recover; SIGSTOP and SIGCONT freeze
   * that one and let it go on.
   *
   * @throws Error when the process is none of this server's
   */
  signalBackend(pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): void {
    this.#process.signalChild(pid, signal)
  }

  /** Freezes the server and all its backends: connections stay open, nothing answers. */
  pause(): void {
    this.#process.pause()
  }

  resume(): void {
    this.#process.resume()
  }

  /** Creates an empty database with a name of its own, or a copy of `template`. */
  async createDatabase({ template }: { template?: string } = {}): Promise<TestDatabase> {
    return createDatabase(this.url, template)
  }

  /**
   * Makes further temporary servers of this version, in this process and those it starts from now on, begin with a
   * copy of these data, which takes a sixth of the time. To be called before the first start.
   */
  async offerAsTemplate(): Promise<void> {
    await offerTemplate(this.#parts.files, this.#parts.account)
  }

  /** Stops the server and removes its data when they are temporary. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await this.#process.close()
  }

  async #tryStart(): Promise<string | undefined> {
    const { account, binaries, files } = this.#parts
    this.#log.mark()
    const running = await this.#process.start({
      program: binaries.postgres,
      args: ['-D', files.data, ...settingArguments(this.#settings())],
      folder: files.folder,
      log: files.log,
      environment: serverEnvironment(),
      account,
    })
    return this.#whenReady(running)
  }

  #settings(): Settings {
    const { options, account, files } = this.#parts
    return {
      ...NETWORK_SETTINGS,
      port: this.#port,
      ...(options.dataDirectory === undefined ? FAST_SETTINGS : {}),
      ...(options.tls ? tlsSettings(options.tls, files.folder, account) : {}),
      ...options.settings,
    }
  }

  /** The server announces in its pid file when it accepts connections; `pg_ctl -w` waits for the same line. */
  async #whenReady({ pid, exited }: GuardedProcess): Promise<string | undefined> {
    const deadline = performance.now() + START_DEADLINE
    const end = exited.then(() => 'exited' as const)
    while (!isReady(join(this.#parts.files.data, 'postmaster.pid'), pid)) {
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

/** Whether the server has written that it accepts connections. */
function isReady(pidFile: string, pid: number): boolean {
  try {
    const lines = readFileSync(pidFile, 'utf8').split('\n')
    return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
  } catch {
    return false
  }
}
