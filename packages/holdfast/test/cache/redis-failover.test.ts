import { type RedisServer, startRedis } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { connected, operator, readOf, type Watched, watch } from './redis-fixture.js'
import { fill, isHit } from './remote-store-contract.js'

/** Makes a server the replica of another; resolves when it holds the same. */
async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  const redis = await operator(replica.url)
  await redis.sendCommand(['REPLICAOF', '127.0.0.1', String(primary.port)])
  await expect.poll(async () => await redis.info('replication')).toContain('master_link_status:up')
}

async function promote(server: RedisServer): Promise<void> {
  const redis = await operator(server.url)
  await redis.sendCommand(['REPLICAOF', 'NO', 'ONE'])
}

/** Waits until everything written to the primary is on one replica. */
async function replicated(primary: RedisServer): Promise<void> {
  const redis = await operator(primary.url)
  await redis.set('sync', '1')
  expect(await redis.sendCommand(['WAIT', '1', '0'])).toBe(1)
}

const FAST = ['--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1']

test('a replica is no authority, and once it is promoted nobody takes it for one that has long been in charge (H5)', async () => {
  await using primary = await startRedis({ args: FAST })
  await using replica = await startRedis({ args: FAST })
  await follow(replica, primary)
  const watched = watch({ redis: replica.url })
  await expect.poll(() => watched.store.state.reason).toBe('the server is a replica')
  const ready = watched.nextReady()
  await promote(replica)
  await ready
  expect(watched.store.inChargeFor).toBe(0)
})

test('a primary that is demoted is believed in nothing any more, not even in memory (I5, H5)', async () => {
  await using primary = await startRedis({ args: FAST })
  await using replica = await startRedis({ args: FAST })
  await follow(replica, primary)
  const watched = await connected({ redis: primary.url })
  const before = await fill(watched.store, 'k', 't')
  await promote(replica)
  const redis = await operator(primary.url)
  const reset = watched.nextReset()
  await redis.sendCommand(['REPLICAOF', '127.0.0.1', String(replica.port)])
  await expect(watched.store.barrier()).rejects.toThrow('replica')
  await reset
  await expect(watched.store.read(readOf('k', 't'))).rejects.toThrow()
  // The promoted one holds the same keys, and yet is another cache.
  const other = await connected({ redis: replica.url })
  const { stamps, value } = await other.store.read(readOf('k', 't'))
  expect(stamps).not.toEqual(before)
  expect(value).toBeUndefined()
})

test('a server that is promoted again after it held what another one had is a cold cache (I5, H5)', async () => {
  await using first = await startRedis({ args: FAST })
  await using second = await startRedis({ args: FAST })
  await follow(second, first)
  const writer = await connected({ redis: first.url })
  await fill(writer.store, 'k', 't')
  await replicated(first)
  // The second server is promoted, and does not hear of this change.
  await promote(second)
  await writer.store.touch(['t'])
  await writer.store.close()
  const redis = await operator(first.url)
  // Back again: the first gets the old stamp from the second, under the run_id it always had.
  await follow(first, second)
  await promote(first)
  const names = await redis.keys('*:v:k')
  expect(names).toHaveLength(1)
  const reader: Watched = await connected({ redis: first.url })
  expect(await isHit(reader.store, 'k', 't')).toBe(false)
})
