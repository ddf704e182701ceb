import pg from 'pg'
import { findProgram } from './find-program.js'
import type { GuardedCommand } from './guardian.js'
import { ListeningServer, started } from './listening-server.js'
import { type Bouncer, type PoolMode, writePgBouncerFiles } from './pgbouncer-files.js'
import type { Settings, TlsIdentity } from './postgres-settings.js'
import { temporaryFolder } from './reachable-folder.js'
import { newPassword, registerSecret } from './secrets.js'
import { type ServerAccount, serverAccount } from './server-account.js'

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

/**
 * Starts a real PgBouncer on 127.0.0.1 before a database. As root it runs as the account `postgres`. It ends when this
 * process ends.
 *
 * @throws Error naming the package to install when there is no pgbouncer, or with its own words when it does not start
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncerServer> {
  return started(new PgBouncerServer(findPgBouncer(), options))
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
 * own name; it keeps no state that a restart would lose. `pause()` freezes its process; its own command `PAUSE` is
 * something else.
 */
export class PgBouncerServer extends ListeningServer {
  readonly host = '127.0.0.1'
  readonly #program: string
  readonly #options: PgBouncerOptions
  readonly #account: ServerAccount
  readonly #admin: Bouncer['admin'] = { user: 'bouncer_admin', password: newPassword() }

  constructor(program: string, options: PgBouncerOptions) {
    const account = serverAccount()
    super('PgBouncer', temporaryFolder(account, 'holdfast-pgbouncer-'))
    this.#program = program
    this.#options = options
    this.#account = account
  }

  /** The URL of the same database, for the same user, through the pooler. */
  get url(): string {
    return this.urlFor(this.#options.postgres.url)
  }

  /** The URL of a database of the same server and user, through the pooler. */
  urlFor(serverUrl: string): string {
    const url = new URL(serverUrl)
    url.hostname = this.host
    url.port = String(this.port)
    registerSecret(url.href)
    return url.href
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

  protected override command(folder: string): Pick<GuardedCommand, 'program' | 'args' | 'account'> {
    const configuration = writePgBouncerFiles({
      ...this.#options,
      mode: this.#options.mode ?? 'transaction',
      port: this.port,
      admin: this.#admin,
      folder,
      account: this.#account,
    })
    return { program: this.#program, args: [configuration], account: this.#account }
  }

  /** Only this very process knows the password of its console. */
  protected override answers(): Promise<boolean> {
    return this.admin('SHOW VERSION').then(
      () => true,
      () => false,
    )
  }

  #console(): pg.ClientConfig {
    // Through TLS the certificate is not the point here.
    const ssl = this.#options.tls === undefined ? false : { rejectUnauthorized: false }
    return { host: this.host, port: this.port, database: 'pgbouncer', ...this.#admin, ssl }
  }
}
