import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerAccount } from './server-account.js'

/** Certificate and key of a server, as PEM text. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
}

export type Settings = Readonly<Record<string, string | number>>

/** The server listens on 127.0.0.1 alone; socket files would need a folder with a short path. */
export const NETWORK_SETTINGS: Settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '' }

/** For data that nobody needs after a crash of the machine; they still survive a crash of the server. */
export const FAST_SETTINGS: Settings = { fsync: 'off', full_page_writes: 'off' }

/** Writes certificate and key where the server reads them, and returns the settings that turn TLS on. */
export function tlsSettings(tls: TlsIdentity, folder: string, account: ServerAccount): Settings {
  const paths = { cert: join(folder, 'server.crt'), key: join(folder, 'server.key') }
  for (const part of ['cert', 'key'] as const) {
    writeFileSync(paths[part], tls[part], { mode: 0o600 })
    if (account) chownSync(paths[part], account.uid, account.gid)
  }
  return { ssl: 'on', ssl_cert_file: paths.cert, ssl_key_file: paths.key }
}

/** Settings as arguments of the server program. */
export function settingArguments(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
