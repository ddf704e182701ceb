import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings, TlsIdentity } from './postgres-settings.js'
import type { ServerAccount } from './server-account.js'

/** When a server connection goes back to the pool. */
export type PoolMode = 'session' | 'transaction' | 'statement'

/** A PgBouncer in all its parts. */
export interface Bouncer {
  readonly postgres: { readonly url: string }
  readonly mode: PoolMode
  readonly settings?: Settings
  readonly tls?: TlsIdentity
  readonly port: number
  /** Who may use its console. */
  readonly admin: { readonly user: string; readonly password: string }
  readonly folder: string
  readonly account: ServerAccount
}

/** Writes configuration, passwords and certificate where PgBouncer's account alone reads them; returns the first's path. */
export function writePgBouncerFiles(bouncer: Bouncer): string {
  const write = (name: string, text: string) => {
    const path = join(bouncer.folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    if (bouncer.account) chownSync(path, bouncer.account.uid, bouncer.account.gid)
    return path
  }
  const { username, password } = new URL(bouncer.postgres.url)
  const users = [
    { user: decodeURIComponent(username), password: decodeURIComponent(password) },
    bouncer.admin,
  ]
  const settings = {
    ...networkSettings(bouncer),
    auth_file: write(
      'users.txt',
      users.map(each => `${quoted(each.user)} ${quoted(each.password)}\n`).join(''),
    ),
    ...(bouncer.tls && {
      client_tls_sslmode: 'allow',
      client_tls_key_file: write('server.key', bouncer.tls.key),
      client_tls_cert_file: write('server.crt', bouncer.tls.cert),
    }),
    ...bouncer.settings,
  }
  return write('pgbouncer.ini', configuration(bouncer.postgres.url, settings))
}

/** Reachable on 127.0.0.1 alone, with passwords; what it prints goes to the log of the kit. */
function networkSettings({ port, mode, admin }: Bouncer): Settings {
  return {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    admin_users: admin.user,
    pool_mode: mode,
    // A lost server connection is replaced at once and not after 15 s: tests do not wait.
    server_login_retry: 1,
  }
}

/** Every database of the server behind it, by its own name. */
function configuration(url: string, settings: Settings): string {
  const { hostname, port } = new URL(url)
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  return ['[databases]', `* = host=${hostname} port=${port || 5432}`, '[pgbouncer]', ...lines, ''].join('\n')
}

/** As in the file of users: inside quotes a quote is doubled. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}
