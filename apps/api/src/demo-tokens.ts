import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import type { TokenRules } from './config.js'

/** Tokens to try the demo with. */
export interface DemoTokens {
  readonly fan: string
  readonly creator: string
}

/** Whose tokens they are, by `supabase_id`. */
export interface DemoPeople {
  readonly fan: string
  readonly creator: string
}

/** Not Supabase's, so that a token of the demo is recognised for what it is. */
const ISSUER = 'digis-demo'
/** Supabase's own word for people who are signed in. */
const AUDIENCE = 'authenticated'
/** Long enough to try everything, short enough to be worthless in a shell history. */
const LIFETIME = '1h'

/**
 * Tokens for one fan and one creator, and the only rules under which they are valid: a secret made at this start, so
 * that they die with the process, and an hour at the most. The one of the service role is for the process itself.
 * @throws {Error} in production, where nobody may get a token for nothing
 */
export async function createDemoTokens(
  people: DemoPeople,
  environment: string,
): Promise<{ rules: TokenRules; tokens: DemoTokens; service: string }> {
  if (environment === 'production') {
    throw new Error(
      'The demo gives away tokens and does not run with NODE_ENV=production. Set DATABASE_URL and SUPABASE_JWT_SECRET or SUPABASE_JWKS_URL to run the service, or unset NODE_ENV to try the demo.',
    )
  }
  const key = randomBytes(32).toString('base64url')
  const rules = Object.freeze({ secret: key, issuers: [ISSUER], audiences: [AUDIENCE] })
  const [fan, creator, service] = await Promise.all([
    sign(people.fan, key),
    sign(people.creator, key),
    sign('demo', key, 'service_role'),
  ])
  return { rules, tokens: { fan, creator }, service }
}

/** A token as Supabase would make it for a signed-in person, or for the platform's backend. */
function sign(subject: string, secret: string, role = 'authenticated'): Promise<string> {
  return new SignJWT({ role })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(subject)
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(LIFETIME)
    .sign(new TextEncoder().encode(secret))
}
