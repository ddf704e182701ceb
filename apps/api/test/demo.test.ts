import { demoCreator, demoFan } from '@holdfast/digis/demo'
import { temporaryDatabase } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { serve } from '../dist/main.js'
import { migratedDatabase, send } from './support/service.js'

const QUIET = { NODE_ENV: 'development', LOG_LEVEL: 'silent' }

test('the demo accepts its own tokens for a fan and a creator, and no others', async () => {
  const { url } = await migratedDatabase()
  const env = { ...QUIET, SUPABASE_JWT_SECRET: 'a-secret-of-the-environment-that-is-not-used' }
  const { address, close, demoTokens } = await serve({ databaseUrl: url, port: 0, demo: true, env })
  try {
    for (const [token, subject] of [
      [demoTokens?.fan, demoFan.supabase_id],
      [demoTokens?.creator, demoCreator.supabase_id],
    ] as const) {
      const { status, body } = await send(address, 'POST /api/users', { token: token ?? '', body: {} })
      expect(status).toBe(201)
      expect(body.supabase_id).toBe(subject)
    }
  } finally {
    await close()
  }
})

test('the demo does not run in production', async () => {
  const { url } = await temporaryDatabase()
  const starting = serve({ databaseUrl: url, port: 0, demo: true, env: { NODE_ENV: 'production' } })
  await expect(starting).rejects.toThrow('does not run with NODE_ENV=production')
})

test('a port that is taken is an error that leaves nothing behind', async () => {
  const { url } = await migratedDatabase()
  const first = await serve({ databaseUrl: url, port: 0, env: QUIET })
  const port = Number(new URL(first.address).port)
  await expect(serve({ databaseUrl: url, port, env: QUIET })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await first.close()
})

test('without a key the public routes answer and the others ask for a token', async () => {
  const { url } = await migratedDatabase()
  const { address, close } = await serve({ databaseUrl: url, port: 0, env: QUIET })
  expect((await send(address, 'GET /api/creators')).status).toBe(200)
  expect((await send(address, 'GET /api/users/me', { token: 'any' })).status).toBe(401)
  await close()
})
