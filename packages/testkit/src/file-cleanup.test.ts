import { expect, test } from 'vitest'
import { afterFile, cleanUpFile } from './file-cleanup.js'

test('everything is ended once, in order, and the first failure is told when all is done', async () => {
  const done: string[] = []
  afterFile(async () => done.push('first'))
  afterFile(() => Promise.reject(new Error('the first failure')))
  afterFile(() => Promise.reject(new Error('another one')))
  afterFile(async () => done.push('last'))
  await expect(cleanUpFile()).rejects.toThrow('the first failure')
  expect(done).toEqual(['first', 'last'])
  await cleanUpFile()
  expect(done).toEqual(['first', 'last'])
})
