import { generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { createTokenVerifier } from './verify-token.js'

const SECRET = 'the-shared-secret-of-the-tests-0123456789'
const SUBJECT = '7f3d5a52-0d5b-4f5e-9a43-0e6a3b1d2c4f'
const RULES = { secret: SECRET, issuers: ['https://issuer.example'], audiences: ['authenticated'] }

const verify = createTokenVerifier(RULES)

interface Wishes {
  readonly claims?: Record<string, unknown>
  readonly alg?: string
  readonly secret?: string
}

function sign({ claims = {}, alg = 'HS256', secret = SECRET }: Wishes = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  const defaults = { sub: SUBJECT, iss: 'https://issuer.example', aud: 'authenticated', exp: now + 60 }
  const payload = JSON.parse(JSON.stringify({ ...defaults, ...claims }))
  return new SignJWT(payload).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret))
}

function unsigned(header: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part({ sub: SUBJECT, exp: 9_999_999_999, iss: RULES.issuers[0], aud: 'authenticated' })}.`
}

test('a valid token proves a person', async () => {
  expect(await verify(await sign())).toEqual({ kind: 'person', supabaseId: SUBJECT })
})

test('the subject is compared as PostgreSQL writes it', async () => {
  const token = await sign({ claims: { sub: SUBJECT.toUpperCase() } })
  expect(await verify(token)).toEqual({ kind: 'person', supabaseId: SUBJECT })
})

test('the service role needs neither subject nor audience', async () => {
  const token = await sign({ claims: { role: 'service_role', sub: undefined, aud: undefined } })
  expect(await verify(token)).toEqual({ kind: 'service' })
})

test("a project's public key as a token is nobody", async () => {
  const token = await sign({ claims: { role: 'anon', sub: undefined, aud: undefined } })
  expect(await verify(token)).toEqual({ kind: 'anonymous' })
})

describe('is rejected, and says why:', () => {
  const hour = Math.floor(Date.now() / 1000) + 3600
  test.each([
    ['an expired token', { claims: { exp: hour - 7200 } }, 'expired'],
    ['a token that is not valid yet', { claims: { nbf: hour, exp: hour + 60 } }, '"nbf"'],
    ['a token without an end', { claims: { exp: undefined } }, '"exp"'],
    ['a token of another issuer', { claims: { iss: 'https://other.example' } }, '"iss"'],
    ['a token for another audience', { claims: { aud: 'other' } }, 'audience'],
    ['a token without an audience', { claims: { aud: undefined } }, 'audience'],
    ['a subject that is no UUID', { claims: { sub: "' OR 1=1 --" } }, 'subject'],
    ['no subject', { claims: { sub: undefined } }, 'subject'],
    ['another secret', { secret: 'another-secret-of-the-tests-0123456789abc' }, 'signature'],
    ['another algorithm with the right secret', { alg: 'HS512', secret: SECRET.repeat(2) }, 'algorithm'],
  ])('%s', async (_what, wishes: Wishes, words) => {
    expect(await verify(await sign(wishes))).toEqual({
      kind: 'rejected',
      reason: expect.stringContaining(words),
    })
  })

  test.each([
    ['no signature at all', unsigned({ alg: 'none' })],
    ['no algorithm', unsigned({ typ: 'JWT' })],
    ['an algorithm of objects', unsigned({ alg: '__proto__' })],
    ['garbage', 'abc'],
    ['garbage in three parts', 'no.real.token'],
    ['a header that is no JSON', 'YWJj.e30.YWJj'],
    ['a payload that is no base64', `${unsigned({ alg: 'HS256' }).split('.')[0]}.%%%.YWJj`],
    ['dots', '..'],
    ['a long text', 'x'.repeat(100_000)],
  ])('%s', async (_what, token) => {
    expect(await verify(token)).toMatchObject({ kind: 'rejected' })
  })

  test('a token signed with a public-key algorithm where only a secret is known', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const token = await new SignJWT({ sub: SUBJECT, exp: hour })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey)
    expect(await verify(token)).toEqual({
      kind: 'rejected',
      reason: 'The algorithm of the token is not accepted.',
    })
  })
})

test('without a key every token is rejected', async () => {
  const keyless = createTokenVerifier({ issuers: [], audiences: [] })
  expect(await keyless(await sign())).toMatchObject({ kind: 'rejected' })
})

test('with public keys, too, garbage is rejected; only keys that are away leave anything undecided', async () => {
  // Nothing listens on port 1.
  const remote = createTokenVerifier({ jwksUrl: 'http://127.0.0.1:1/keys', issuers: [], audiences: [] })
  expect(await remote('no.real.token')).toMatchObject({ kind: 'rejected' })
  const whole = unsigned({ alg: 'ES256' }).replace(/\.$/, '.YWJj')
  expect(await remote(whole)).toMatchObject({ kind: 'undecided', cause: expect.any(TypeError) })
})
