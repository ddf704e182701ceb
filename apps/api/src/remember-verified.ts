import { decodeJwt } from 'jose'
import type { Identity, VerifyToken } from './verify-token.js'

/** Tokens remembered at a time: some megabytes at most. */
const MOST_TOKENS = 10_000
/** Milliseconds after which a token is verified anew: a withdrawn key is accepted for so much longer. */
const LONGEST_MS = 30_000

interface Verified {
  readonly identity: Identity
  readonly until: number
}

/**
 * Verifies a token once in 30 seconds, and not with each request: checking a signature takes longer than a read from the
 * cache. Only tokens that prove somebody are remembered, and none beyond its `exp`.
 *
 * @param now milliseconds since 1970
 */
export function rememberVerified(verify: VerifyToken, now: () => number = Date.now): VerifyToken {
  const verified = new Map<string, Verified>()
  return async token => {
    const known = verified.get(token)
    if (known !== undefined && now() < known.until) return known.identity
    verified.delete(token)
    const identity = await verify(token)
    if (identity.kind !== 'person' && identity.kind !== 'service') return identity
    const oldest = verified.keys().next().value
    if (verified.size >= MOST_TOKENS && oldest !== undefined) verified.delete(oldest)
    verified.set(token, { identity, until: Math.min(expiryOf(token), now() + LONGEST_MS) })
    return identity
  }
}

/** When a verified token ends, in milliseconds since 1970. */
function expiryOf(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1_000
}
