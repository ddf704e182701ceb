import { createHash } from 'node:crypto'
import { describeGiven } from './duration.js'
import { HoldfastError } from './errors.js'
import type { RlsSettings } from './rls-options.js'

/** On whose behalf queries run. Take claims only from a token that you have verified. */
export interface IdentityOptions {
  /** One of the option `rls.roles`. */
  role: string
  /** What policies read as `current_setting('request.jwt.claims', true)`. Default: none. */
  claims?: Readonly<Record<string, unknown>>
}

/** An identity as it is handed over: checked, never changed. */
export interface Identity {
  readonly role: string
  /** Hands it over, until the transaction ends. */
  readonly statement: string
  /** Differs for any two identities: role and claims. */
  readonly key: string
  /** Differs for any two roles. */
  readonly roleKey: string
}

/**
 * Checks an identity and makes of it what is sent.
 *
 * @throws HoldfastError `HOLDFAST_IDENTITY` for a role that is not listed, or claims that cannot be handed over
 */
export function toIdentity(given: IdentityOptions, settings: RlsSettings | undefined): Identity {
  if (settings === undefined) {
    throw identityError('The pool hands no identity over: give it the option rls: { roles: [...] }.')
  }
  if (typeof given !== 'object' || given === null) {
    throw identityError(`An identity is { role, claims }, given ${describeGiven(given)}.`)
  }
  const { role, claims = {} } = given
  if (typeof role !== 'string' || !settings.roles.has(role)) {
    throw identityError(
      `The role is not one of the option rls.roles (${[...settings.roles].join(', ')}). Add it there if it is to be used.`,
    )
  }
  const json = claimsText(claims, settings)
  return Object.freeze({
    role,
    statement:
      `SELECT pg_catalog.set_config('request.jwt.claims', ${literal(json)}, true), ` +
      `pg_catalog.set_config('role', ${literal(role)}, true)`,
    key: digest([role, json]),
    roleKey: digest([role]),
  })
}

/** The error for an identity or for a statement that does not go with one. */
export function identityError(message: string): HoldfastError {
  return new HoldfastError('HOLDFAST_IDENTITY', message)
}

/** Claims as JSON, in the order of their names; only ASCII, so that no encoding reads it in another way. */
function claimsText(claims: unknown, { claims: wanted, maxClaimsBytes }: RlsSettings): string {
  if (!isPlainObject(claims)) {
    throw identityError(`The claims are expected to be a plain object, given ${describeGiven(claims)}.`)
  }
  const names = Object.keys(claims).filter(name => wanted === undefined || wanted.has(name))
  const text = toJson(Object.fromEntries(names.sort().map(name => [name, claims[name]])))
  if (text.length > maxClaimsBytes) {
    throw identityError(
      `The claims are longer than ${maxClaimsBytes} bytes as JSON (${text.length}). Hand over fewer with rls.claims, or raise rls.maxClaimsBytes.`,
    )
  }
  // A policy that reads them as jsonb would fail on it.
  if (/(?<!\\)(?:\\\\)*\\u0000/.test(text)) throw identityError('The claims contain a NUL character.')
  return text
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function toJson(claims: object): string {
  try {
    return JSON.stringify(claims).replace(/[^\0-~]/g, escaped)
  } catch (error) {
    const reason = error instanceof RangeError ? 'they are nested too deeply' : 'a value has no JSON'
    throw identityError(`The claims cannot be written as JSON: ${reason}.`)
  }
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** In this form a backslash means the same whatever `standard_conforming_strings` says. */
function literal(text: string): string {
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}

function digest(parts: readonly string[]): string {
  const text = parts.map(part => `${part.length}:${part}`).join('')
  return createHash('sha256').update(text).digest('base64url').slice(0, 32)
}
