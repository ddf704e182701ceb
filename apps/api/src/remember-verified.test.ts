import { UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'
import { rememberVerified } from './remember-verified.js'
import type { Identity } from './verify-token.js'

const PERSON: Identity = { kind: 'person', supabaseId: '3f9c1c9e-0000-4000-8000-000000000001' }

/** A verifier that counts, at a time that can be set. */
function counting(identity: Identity) {
  const state = { now: 1_000_000, count: 0 }
  const verify = rememberVerified(
    async () => {
      state.count++
      return identity
    },
    () => state.now,
  )
  return { state, verify }
}

function tokenUntil(seconds: number, subject = 'a'): string {
  return new UnsecuredJWT({}).setSubject(subject).setExpirationTime(seconds).encode()
}

test('a token is verified once while it is remembered', async () => {
  const { state, verify } = counting(PERSON)
  const token = tokenUntil(9_999)
  expect([await verify(token), await verify(token)]).toEqual([PERSON, PERSON])
  expect(state.count).toBe(1)
  state.now += 30_000
  await verify(token)
  expect(state.count).toBe(2)
})

test('no token is remembered beyond its end', async () => {
  const { state, verify } = counting(PERSON)
  const token = tokenUntil(1_001)
  await verify(token)
  state.now = 1_001_000
  await verify(token)
  expect(state.count).toBe(2)
})

test('tokens are not taken for one another', async () => {
  const { state, verify } = counting(PERSON)
  await verify(tokenUntil(9_999, 'a'))
  await verify(tokenUntil(9_999, 'b'))
  expect(state.count).toBe(2)
})

test.each<Identity>([
  { kind: 'rejected', reason: 'The signature of the token is wrong.' },
  { kind: 'undecided', cause: new Error('no keys') },
  { kind: 'anonymous' },
])('an answer that proves nobody ($kind) is not remembered', async identity => {
  const { state, verify } = counting(identity)
  const token = tokenUntil(9_999)
  expect([await verify(token), await verify(token)]).toEqual([identity, identity])
  expect(state.count).toBe(2)
})

test('the memory is bounded', async () => {
  const { state, verify } = counting(PERSON)
  const first = tokenUntil(9_999, 'first')
  await verify(first)
  for (let index = 0; index < 10_000; index++) await verify(tokenUntil(9_999, String(index)))
  await verify(first)
  expect(state.count).toBe(10_002)
})
