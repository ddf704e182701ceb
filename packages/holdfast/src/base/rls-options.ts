import { describeGiven } from './duration.js'
import { OptionsError } from './errors.js'
import { checkOptions, integer, type Rule } from './option-rules.js'

/** Which identities `pool.as` may hand over to the server. */
export interface RlsOptions {
  /** The roles, as they are called in the database. Roles that pass by row-level security are refused. */
  roles: readonly string[]
  /**
   * The claims that are handed over, by name; all others are left out, so that policies cannot read them. Fewer claims
   * that change from token to token (`exp`, `iat`, `session_id`) mean more hits of the cache. Default: all.
   */
  claims?: readonly string[]
  /** The most bytes that the claims of one identity may have as JSON. Default: 8,192. */
  maxClaimsBytes?: number
}

/** The options of identities: resolved, frozen. */
export interface RlsSettings {
  readonly roles: ReadonlySet<string>
  /** Absent: all of them. */
  readonly claims: ReadonlySet<string> | undefined
  readonly maxClaimsBytes: number
}

const DEFAULT_MAX_CLAIMS_BYTES = 8_192
/** PostgreSQL cuts longer names. */
const LONGEST_NAME_BYTES = 63

/** Roles that see every row wherever they exist, or mean no role at all; what the server says is looked at besides. */
const ABOVE_POLICIES =
  /^(?:none|postgres|service_role|supabase_\w*|rds_superuser|rdsadmin|cloudsql\w*|azure\w*|pg_\w*)$/i

const roles: Rule = (value, path) => {
  const names = listOfNames(value, path)
  if (names.length === 0) throw new OptionsError(path, 'at least one role', 'an empty list')
  for (const [index, name] of names.entries()) {
    const at = `${path}[${index}]`
    if (Buffer.byteLength(name) > LONGEST_NAME_BYTES)
      throw new OptionsError(at, `a name of at most ${LONGEST_NAME_BYTES} bytes`, 'a longer one')
    if (ABOVE_POLICIES.test(name))
      throw new OptionsError(at, 'a role that row-level security holds for', `"${name}"`)
  }
  return names
}

const RULES = { roles, claims: listOfNames, maxClaimsBytes: integer(2, 1_048_576) }

/** The rule for the pool's `rls` option; `false` switches it off. */
export const rlsOption: Rule = (value, path) => {
  if (value === false) return undefined
  const checked = checkOptions(value, RULES, `${path}.`)
  if (checked.roles === undefined) throw new OptionsError(`${path}.roles`, 'a list of roles', 'nothing')
  return checked
}

/** Resolves checked options. `undefined`: the pool hands no identity over. */
export function resolveRls(options: RlsOptions | undefined): RlsSettings | undefined {
  if (options === undefined) return undefined
  return Object.freeze({
    roles: new Set(options.roles),
    claims: options.claims && new Set(options.claims),
    maxClaimsBytes: options.maxClaimsBytes ?? DEFAULT_MAX_CLAIMS_BYTES,
  })
}

function listOfNames(value: unknown, path: string): string[] {
  if (!Array.isArray(value)) throw new OptionsError(path, 'a list of names', describeGiven(value))
  const wrong = value.findIndex(name => typeof name !== 'string' || name === '' || name.includes('\0'))
  if (wrong === -1) return [...new Set<string>(value)]
  const given = typeof value[wrong] === 'string' ? 'another text' : describeGiven(value[wrong])
  throw new OptionsError(`${path}[${wrong}]`, 'a name without NUL characters', given)
}
