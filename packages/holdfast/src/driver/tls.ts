import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { OptionsError } from '../base/errors.js'
import { SUPABASE_ROOT_2021_CA } from './supabase-ca.js'

/** libpq's modes, with `no-verify` as node-postgres has it. All but `disable` and `no-verify` verify. */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'] as const
type SslMode = (typeof SSL_MODES)[number]

/** Where the wish for TLS can come from: the `ssl` option, the URL's parameters, the environment. */
export interface TlsInput {
  readonly host: string
  /** pg's option: `true`, `false`, or options of `tls.connect`. */
  readonly ssl: unknown
  readonly sslmode: string | undefined
  readonly sslrootcert: string | undefined
  readonly sslcert: string | undefined
  readonly sslkey: string | undefined
}

/** What was decided: pg's `ssl` value, and what the operator should be told about a remote host. */
export interface TlsDecision {
  readonly ssl: false | tls.ConnectionOptions
  readonly warning: 'tls-off' | 'tls-unverified' | undefined
}

/**
 * Decides on TLS. Towards a remote host it is on and verified unless switched off by name (`sslmode=disable`,
 * `ssl: false`) or unverified by name (`sslmode=no-verify`, `ssl: { rejectUnauthorized: false }`); both warn.
 * The loopback and unix sockets are not encrypted unless asked. Supabase's own root is trusted for its hosts.
 *
 * @throws OptionsError for an unknown mode or a certificate file that cannot be read
 */
export function decideTls(input: TlsInput): TlsDecision {
  const mode = checkMode(input.sslmode)
  const local = isLocal(input.host)
  if (input.ssl === false || (mode === 'disable' && !isObject(input.ssl))) {
    return { ssl: false, warning: local ? undefined : 'tls-off' }
  }
  const wanted = input.ssl !== undefined || mode !== undefined || hasFiles(input)
  if (!wanted && local) return { ssl: false, warning: undefined }
  const ssl = connectionOptions(input, mode)
  return { ssl, warning: ssl.rejectUnauthorized === false && !local ? 'tls-unverified' : undefined }
}

/** Options for `tls.connect`: what was given, completed by files and known roots. */
function connectionOptions(input: TlsInput, mode: SslMode | undefined): tls.ConnectionOptions {
  const given = isObject(input.ssl) ? (input.ssl as tls.ConnectionOptions) : {}
  const ca = given.ca ?? readCertificate(input.sslrootcert, 'sslrootcert') ?? knownRoots(input.host)
  const cert = given.cert ?? readCertificate(input.sslcert, 'sslcert')
  const key = given.key ?? readCertificate(input.sslkey, 'sslkey')
  const options: tls.ConnectionOptions = {
    ...given,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(mode === 'verify-ca' && { checkServerIdentity: () => undefined }),
    rejectUnauthorized: given.rejectUnauthorized ?? mode !== 'no-verify',
  }
  // As pg does: printing the options must not print the private key.
  if (key !== undefined) Object.defineProperty(options, 'key', { value: key, enumerable: false })
  return options
}

/** Public roots beside Supabase's, so that a change to a public certificate on their side breaks nothing. */
function knownRoots(host: string): string[] | undefined {
  return isSupabase(host) ? [...tls.rootCertificates, SUPABASE_ROOT_2021_CA] : undefined
}

/** Whether a host is Supabase's: `db.<project>.supabase.co` or a pooler under `supabase.com`. */
export function isSupabase(host: string): boolean {
  return /(?:^|\.)supabase\.(?:co|com)$/i.test(host)
}

/** Whether a host is this machine: nobody else is on the way. */
export function isLocal(host: string): boolean {
  if (host === '' || host === 'localhost' || host.startsWith('/')) return true
  return net.isIPv4(host) ? host.startsWith('127.') : host === '::1'
}

function checkMode(mode: string | undefined): SslMode | undefined {
  if (mode === undefined || SSL_MODES.includes(mode as SslMode)) return mode as SslMode | undefined
  throw new OptionsError('connectionString sslmode', `one of ${SSL_MODES.join(', ')}`, 'something else')
}

/** The text of a PEM file; undefined when none is named. */
function readCertificate(file: string | undefined, parameter: string): string | undefined {
  if (file === undefined || file === '') return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
    throw new OptionsError(
      `connectionString ${parameter}`,
      'a readable PEM file',
      `a file that is not (${code})`,
    )
  }
}

function hasFiles(input: TlsInput): boolean {
  return [input.sslrootcert, input.sslcert, input.sslkey].some(file => file !== undefined && file !== '')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
