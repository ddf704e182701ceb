import { startPrometheus } from '@holdfast/testkit'
import { expect, test, vi } from 'vitest'

test('a missing prometheus is reported with the package to install', async () => {
  vi.stubEnv('PATH', '/nowhere')
  try {
    await expect(startPrometheus({ config: '' })).rejects.toThrow('apt-get install prometheus')
  } finally {
    vi.unstubAllEnvs()
  }
})
