import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createTokenVerifier } from '../dist/verify-token.js'
import { expectProblem } from './support/expect-problem.js'
import { startService } from './support/service.js'

const SUBJECT = '7f3d5a52-0d5b-4f5e-9a43-0e6a3b1d2c4f'

interface Keys {
  readonly url: string
  readonly server: Server
  readonly asked: () => number
}

let keys: Keys | undefined
const pair = await generateKeyPair('ES256', { extractable: true })

beforeEach(async () => {
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }
  let asked = 0
  const server = createServer((_request, response) => {
    asked++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  keys = {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    asked: () => asked,
  }
})
afterEach(() => new Promise(resolve => keys?.server.close(resolve)))

function rules(secret?: string) {
  return {
    jwksUrl: keys?.url ?? '',
    issuers: [],
    audiences: ['authenticated'],
    ...(secret === undefined ? {} : { secret }),
  }
}

function sign(header: { alg: string; kid?: string }, key: Parameters<SignJWT['sign']>[0]) {
  const token = new SignJWT({ aud: 'authenticated' }).setProtectedHeader(header).setSubject(SUBJECT)
  return token.setExpirationTime('5m').sign(key)
}

test('a token signed with a published key proves a person, and the keys are fetched once', async () => {
  const verify = createTokenVerifier(rules())
  const token = await sign({ alg: 'ES256', kid: 'one' }, pair.privateKey)
  for (let count = 0; count < 5; count++)
    expect(await verify(token)).toEqual({ kind: 'person', supabaseId: SUBJECT })
  expect(keys?.asked()).toBe(1)
})

test('the public key taken for a shared secret proves nothing', async () => {
  const verify = createTokenVerifier(rules())
  const published = new TextEncoder().encode(await exportSPKI(pair.publicKey))
  expect(await verify(await sign({ alg: 'HS256', kid: 'one' }, published))).toMatchObject({
    kind: 'rejected',
  })
})

test('an unknown key proves nothing, and does not make the service ask again and again', async () => {
  const verify = createTokenVerifier(rules())
  const { privateKey } = await generateKeyPair('ES256')
  for (const kid of ['one', 'two', 'three', 'four']) {
    expect(await verify(await sign({ alg: 'ES256', kid }, privateKey))).toMatchObject({ kind: 'rejected' })
  }
  expect(keys?.asked()).toBe(1)
})

test('while a project changes from a secret to keys, both are accepted, each for its own algorithm', async () => {
  const secret = 'the-shared-secret-of-the-old-tokens-0123'
  const verify = createTokenVerifier(rules(secret))
  const bytes = new TextEncoder().encode(secret)
  expect(await verify(await sign({ alg: 'HS256' }, bytes))).toMatchObject({ kind: 'person' })
  expect(await verify(await sign({ alg: 'ES256', kid: 'one' }, pair.privateKey))).toMatchObject({
    kind: 'person',
  })
})

test('keys that cannot be fetched leave it undecided, which is not the fault of the token', async () => {
  const verify = createTokenVerifier({ ...rules(), jwksUrl: 'http://127.0.0.1:1/jwks' })
  const token = await sign({ alg: 'ES256', kid: 'one' }, pair.privateKey)
  expect(await verify(token)).toMatchObject({ kind: 'undecided' })
})

test('then public routes answer as ever, and the others say that it will pass', async () => {
  const service = await startService({ SUPABASE_JWKS_URL: 'http://127.0.0.1:1/jwks' })
  const token = await sign({ alg: 'ES256', kid: 'one' }, pair.privateKey)
  expect((await service.call('GET /api/creators', { token })).status).toBe(200)
  const answer = await service.call('GET /api/users/me', { token })
  expectProblem(answer, { status: 503, kind: 'unavailable' })
  expect(answer.headers.get('retry-after')).toBe('5')
  await service.close()
})
