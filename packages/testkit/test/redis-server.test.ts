import { startRedis } from '@holdfast/testkit'
import { expect, test, vi } from 'vitest'

test('a missing redis-server is reported with the package to install', async () => {
  vi.stubEnv('PATH', '/nowhere')
  try {
    await expect(startRedis()).rejects.toThrow('apt-get install redis-server')
  } finally {
    vi.unstubAllEnvs()
  }
})
