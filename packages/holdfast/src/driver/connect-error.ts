import pg from 'pg'
import { ConnectError, type HoldfastErrorCode } from '../base/errors.js'
import { maskError } from './mask-error.js'
import { poolerFailure } from './pooler-errors.js'

/** What a connection was opened to; shown in errors. Never the password. */
export interface Target {
  readonly host: string
  readonly port: number
  readonly database: string | undefined
  readonly user: string | undefined
}

type ConnectCode = Extract<HoldfastErrorCode, `HOLDFAST_CONNECT_${string}`>

const REMEDIES: Readonly<Record<ConnectCode, string>> = {
  HOLDFAST_CONNECT_REFUSED: 'Is PostgreSQL running there? Check the host and the port.',
  HOLDFAST_CONNECT_TIMEOUT:
    'Check the network path and the firewall, or give a slow network more time with connectionTimeoutMillis.',
  HOLDFAST_CONNECT_UNREACHABLE: 'Check the spelling of the host name and the network.',
  HOLDFAST_CONNECT_PASSWORD: 'Give a password: in the URL, the option "password", or PGPASSWORD.',
  HOLDFAST_CONNECT_TLS:
    'Give the CA of the server (ssl: { ca } or sslrootcert=), or, in a network you trust, sslmode=disable.',
  HOLDFAST_CONNECT_FAILED: 'The server or something in between closed the connection; its log may say why.',
}

/** What to do about TLS where a CA does not help, by what pg and Node.js say. */
const TLS_REMEDIES: readonly { when: RegExp; remedy: string }[] = [
  {
    when: /server does not support SSL/,
    remedy: 'Set ssl = on in its postgresql.conf, or, in a network you trust, sslmode=disable.',
  },
  {
    when: /does not match certificate's altnames/,
    remedy: 'Connect under a name that the certificate has, or check the CA alone with sslmode=verify-ca.',
  },
]

const BY_SOCKET_CODE: Readonly<Record<string, ConnectCode>> = {
  ECONNREFUSED: 'HOLDFAST_CONNECT_REFUSED',
  ENOENT: 'HOLDFAST_CONNECT_REFUSED',
  EACCES: 'HOLDFAST_CONNECT_REFUSED',
  ETIMEDOUT: 'HOLDFAST_CONNECT_TIMEOUT',
  ENOTFOUND: 'HOLDFAST_CONNECT_UNREACHABLE',
  EAI_AGAIN: 'HOLDFAST_CONNECT_UNREACHABLE',
  EHOSTUNREACH: 'HOLDFAST_CONNECT_UNREACHABLE',
  ENETUNREACH: 'HOLDFAST_CONNECT_UNREACHABLE',
}

/** What to do about the errors that a server answers to a newcomer's first connection. */
const SERVER_REMEDIES: Readonly<Record<string, string>> = {
  '28P01': 'Check the user and the password.',
  '28000': "The server's pg_hba.conf does not let this user in from here this way.",
  '3D000': 'Create the database, or correct its name.',
  '53300':
    'The server has no connection left: lower "max" (times the number of processes), raise max_connections, or use a pooler.',
  '57P03': 'The server is starting up or shutting down; trying again helps.',
}

/**
 * The error of an attempt to connect, for people: what was tried, what happened, what to do. Answers of the
 * server stay pg's `DatabaseError` with the remedy added to the message; everything else becomes a
 * {@link ConnectError} with the driver's error as `cause`.
 */
export function connectError(error: Error, target: Target): Error {
  if (error instanceof ConnectError) return error
  if (error instanceof pg.DatabaseError) return withRemedy(error, target)
  const code = codeOf(error)
  const reason = error.message || (error as NodeJS.ErrnoException).code || 'no reason given'
  const remedy = TLS_REMEDIES.find(({ when }) => when.test(reason))?.remedy ?? REMEDIES[code]
  return new ConnectError(code, `Cannot connect to ${place(target)}: ${reason}. ${remedy}`, { cause: error })
}

/** The error of an attempt for which the password function gave none; what it threw is shown only as the cause. */
export function passwordError(cause: unknown, target: Target): ConnectError {
  const what = `Cannot connect to ${place(target)}: the function given as "password" failed.`
  return new ConnectError('HOLDFAST_CONNECT_PASSWORD', `${what} Its error is the cause.`, { cause })
}

/** The error of an attempt that took too long. */
export function connectTimeoutError(millis: number, target: Target): ConnectError {
  const code = 'HOLDFAST_CONNECT_TIMEOUT'
  const what = `connection timeout, the server at ${place(target)} was not ready within ${millis} ms`
  return new ConnectError(code, `Connection terminated due to ${what}. ${REMEDIES[code]}`)
}

/**
 * Whether trying to connect again can help: nothing was sent, and the reason may pass. Not for wrong passwords,
 * certificates and database names.
 */
export function isTransientConnectError(error: unknown): boolean {
  if (error instanceof ConnectError) return error.retry === 'safe'
  const code = (error as { code?: string }).code
  if (poolerFailure(error) === 'not assigned') return true
  return code === '53300' || code === '57P03' || (code?.startsWith('08') ?? false)
}

/** The server's own error, with what to do about it. */
function withRemedy(error: pg.DatabaseError, target: Target): Error {
  maskError(error, undefined)
  const remedy = SERVER_REMEDIES[error.code ?? '']
  error.message = `${error.message} (${place(target)})${remedy === undefined ? '' : `. ${remedy}`}`
  Error.captureStackTrace(error)
  return error
}

/** Which of our codes says it: by the code of the socket, else by what TLS and pg call it. */
function codeOf(error: Error): ConnectCode {
  const code = (error as NodeJS.ErrnoException).code
  const known = code === undefined ? undefined : BY_SOCKET_CODE[code]
  if (known !== undefined) return known
  if (/SASL|password/i.test(error.message)) return 'HOLDFAST_CONNECT_PASSWORD'
  const tls = /^(?:ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|HOSTNAME_MISMATCH|EPROTO)/
  if (tls.test(code ?? '') || /\bSSL\b/.test(error.message)) return 'HOLDFAST_CONNECT_TLS'
  return 'HOLDFAST_CONNECT_FAILED'
}

/** Where a connection was to go, in words. */
function place({ host, port, database, user }: Target): string {
  const server = host.startsWith('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${server}, database "${database ?? ''}", user "${user ?? ''}"`
}
