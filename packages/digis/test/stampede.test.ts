import { createDigis, type Digis } from '@holdfast/digis'
import { startRedis } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { counting, newWorld } from './cached-contract.js'
import { migratedDatabase } from './new-digis.js'

const CALLERS = 200

async function twoSharing(): Promise<[Digis, Digis]> {
  const redis = await startRedis()
  onTestFinished(() => redis[Symbol.asyncDispose]())
  const connectionString = await migratedDatabase()
  // How busy the machine is, is not the question.
  const cache = { redis: redis.url, redisTimeout: '5s' } as const
  const [one, other] = [createDigis({ connectionString, cache }), createDigis({ connectionString, cache })]
  onTestFinished(() => Promise.all([one.end(), other.end()]).then(() => undefined))
  for (const digis of [one, other]) {
    await digis.testConnection()
    await expect.poll(() => digis.getPoolStats().cacheEnabled).toBe(true)
  }
  return [one, other]
}

test('however often many callers of two instances miss the same at once, the database is asked once each time', async () => {
  const [one, other] = await twoSharing()
  await newWorld(one)
  for (const term of ['salsa', 'piano', 'tango', 'chess', 'yoga', 'jazz', 'drums', 'ballet']) {
    const search = (digis: Digis) =>
      counting(digis, () => Promise.all(Array.from({ length: CALLERS }, () => digis.searchCreators(term))))
    const found = await Promise.all([search(one), search(other)])
    const results = found.flatMap(({ result }) => result.map(({ rows }) => rows))
    for (const rows of results) expect(rows).toEqual(results[0])
    expect(found.reduce((sum, { queries }) => sum + queries, 0)).toBe(1)
  }
})
