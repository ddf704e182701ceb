import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { createDemoTokens } from './demo-tokens.js'
import { createTokenVerifier } from './verify-token.js'

const PEOPLE = {
  fan: '11111111-1111-4111-8111-111111111111',
  creator: '22222222-2222-4222-8222-222222222222',
}

test('the tokens are valid for an hour under their own rules and prove the two people', async () => {
  const { rules, tokens } = await createDemoTokens(PEOPLE, 'development')
  const verify = createTokenVerifier(rules)
  expect(await verify(tokens.fan)).toEqual({ kind: 'person', supabaseId: PEOPLE.fan })
  expect(await verify(tokens.creator)).toEqual({ kind: 'person', supabaseId: PEOPLE.creator })
  const { iat = 0, exp = 0 } = decodeJwt(tokens.fan)
  expect(exp - iat).toBe(3600)
})

test('each start has a secret of its own', async () => {
  const [first, second] = await Promise.all([
    createDemoTokens(PEOPLE, 'test'),
    createDemoTokens(PEOPLE, 'test'),
  ])
  expect(await createTokenVerifier(second.rules)(first.tokens.fan)).toMatchObject({ kind: 'rejected' })
})

test('in production there are none, and the message says what to do', async () => {
  await expect(createDemoTokens(PEOPLE, 'production')).rejects.toThrow(
    /NODE_ENV=production.*Set DATABASE_URL/,
  )
})
