import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose'
import type { TokenRules } from './config.js'

/** Who asks, as far as the token proves it. */
export type Identity =
  /** No token, or one that names nobody. */
  | { readonly kind: 'anonymous' }
  /** Somebody signed in; `supabaseId` in lower case, as PostgreSQL writes a UUID. */
  | { readonly kind: 'person'; readonly supabaseId: string }
  /** The platform's own backend. */
  | { readonly kind: 'service' }
  /** A token that proves nothing, and why, in words that may be told. */
  | { readonly kind: 'rejected'; readonly reason: string }
  /** The keys could not be fetched, so nobody knows. */
  | { readonly kind: 'undecided'; readonly cause: unknown }

/** Decides who asks from a bearer token. Never throws. */
export type VerifyToken = (token: string) => Promise<Identity>

/** Each kind of key verifies its own algorithms only, so that a public key is never taken for a shared secret. */
const SHARED_SECRET_ALGORITHMS = ['HS256']
const PUBLIC_KEY_ALGORITHMS = ['ES256', 'RS256', 'EdDSA']

/** How far clocks may differ. */
const CLOCK_TOLERANCE_SECONDS = 5
/** A request waits no longer for the keys. */
const KEYS_TIMEOUT_MS = 3_000
/** Tokens with made-up key names cannot make the service fetch more often. */
const KEYS_COOLDOWN_MS = 30_000
/** A withdrawn key is accepted no longer. */
const KEYS_MAX_AGE_MS = 600_000

/** Checks signature and times with one kind of key. */
type Verify = (token: string, options: JWTVerifyOptions) => Promise<{ payload: JWTPayload }>

/** A verifier for Supabase's tokens by the given rules. The public keys are fetched at first use and kept for ten minutes. */
export function createTokenVerifier(rules: TokenRules): VerifyToken {
  const byAlgorithm = verifiers(rules)
  const options = {
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['exp'],
    ...(rules.issuers.length === 0 ? {} : { issuer: [...rules.issuers] }),
  }
  return async token => {
    try {
      const verify = byAlgorithm.get(decodeProtectedHeader(token).alg ?? '')
      if (verify === undefined) return rejected('The algorithm of the token is not accepted.')
      return identityOf((await verify(token, options)).payload, rules)
    } catch (error) {
      return failure(error)
    }
  }
}

/** The verifier for each accepted algorithm. One that is not here cannot be used, whatever a token says. */
function verifiers({ secret, jwksUrl }: TokenRules): Map<string, Verify> {
  const byAlgorithm = new Map<string, Verify>()
  if (secret !== undefined) {
    const key = new TextEncoder().encode(secret)
    const algorithms = SHARED_SECRET_ALGORITHMS
    for (const name of algorithms)
      byAlgorithm.set(name, (token, options) => jwtVerify(token, key, { ...options, algorithms }))
  }
  if (jwksUrl !== undefined) {
    const keys = createRemoteJWKSet(new URL(jwksUrl), {
      timeoutDuration: KEYS_TIMEOUT_MS,
      cooldownDuration: KEYS_COOLDOWN_MS,
      cacheMaxAge: KEYS_MAX_AGE_MS,
    })
    const fetched: JWTVerifyGetKey = (header, token) => keys(header, token).catch(tellFetching)
    const algorithms = PUBLIC_KEY_ALGORITHMS
    for (const name of algorithms)
      byAlgorithm.set(name, (token, options) => jwtVerify(token, fetched, { ...options, algorithms }))
  }
  return byAlgorithm
}

/** Who a token with a good signature stands for. */
function identityOf(claims: JWTPayload, rules: TokenRules): Identity {
  if (claims.role === 'service_role') return { kind: 'service' }
  // Supabase's clients send the project's public key as a token while nobody is signed in.
  if (claims.role === 'anon' && claims.sub === undefined) return { kind: 'anonymous' }
  if (!hasAudience(claims.aud, rules.audiences)) return rejected('The audience of the token is not accepted.')
  if (claims.sub === undefined || !UUID.test(claims.sub))
    return rejected('The subject of the token is not a UUID.')
  return { kind: 'person', supabaseId: claims.sub.toLowerCase() }
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** `aud` is one text or a list; one match is enough. */
function hasAudience(given: string | string[] | undefined, accepted: readonly string[]): boolean {
  return accepted.length === 0 || [given ?? []].flat().some(audience => accepted.includes(audience))
}

/** Codes of failures that lie in fetching or reading the keys, not in the token. */
const KEY_FAILURES = new Set([
  'ERR_JOSE_GENERIC',
  'ERR_JWKS_TIMEOUT',
  'ERR_JWKS_INVALID',
  'ERR_JWKS_MULTIPLE_MATCHING_KEYS',
])

/** The keys could not be had; what went wrong is the cause. */
class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError'
}

/** Told apart where it happens: garbage in a token fails with the same types of error as a fetch. */
function tellFetching(cause: unknown): never {
  const keysFailed = cause instanceof errors.JOSEError ? KEY_FAILURES.has(cause.code) : true
  throw keysFailed ? new KeysUnavailableError('The keys could not be fetched.', { cause }) : cause
}

/** What may be told of a failed verification, and whether the token is to blame at all. */
function failure(error: unknown): Identity {
  if (error instanceof errors.JWTExpired) return rejected('The token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed)
    return rejected(`The claim "${error.claim}" of the token is not accepted.`)
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return rejected('The signature of the token is wrong.')
  if (error instanceof errors.JWKSNoMatchingKey) return rejected('The token is signed with an unknown key.')
  if (error instanceof KeysUnavailableError) return { kind: 'undecided', cause: error.cause }
  return rejected('The token cannot be read.')
}

function rejected(reason: string): Identity {
  return { kind: 'rejected', reason }
}
