import { randomBytes, randomUUID } from 'node:crypto'
import { registerSecret } from '@holdfast/testkit'
import { SignJWT } from 'jose'

/** The shared secret of the services under test. */
export const SECRET = randomBytes(32).toString('hex')
registerSecret(SECRET)

/** What is different from a valid token of a person. */
export interface TokenWishes {
  readonly sub?: string | undefined
  readonly role?: string
  readonly alg?: string
  readonly secret?: string
  /** Seconds from now. */
  readonly expires?: number
  /** Seconds from now. */
  readonly validFrom?: number
}

/** A signed token: a valid one for a new person, unless told otherwise. */
export function signToken(wishes: TokenWishes = {}): Promise<string> {
  const {
    sub = randomUUID(),
    role = 'authenticated',
    alg = 'HS256',
    secret = SECRET,
    expires = 600,
    validFrom,
  } = wishes
  const now = Math.floor(Date.now() / 1000)
  const claims = { role, ...(validFrom === undefined ? {} : { nbf: now + validFrom }) }
  return new SignJWT(
    role === 'service_role' || role === 'anon' ? claims : { ...claims, sub, aud: 'authenticated' },
  )
    .setProtectedHeader({ alg, typ: 'JWT' })
    .setExpirationTime(now + expires)
    .sign(new TextEncoder().encode(secret))
}
