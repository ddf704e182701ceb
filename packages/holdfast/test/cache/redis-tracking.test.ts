import { startRedis } from '@holdfast/testkit'
import { expect, test } from 'vitest'
import { connected, operator, readOf } from './redis-fixture.js'

// Redis forgets that a connection knows a key in the very moment it tells the connection that the key has changed. If
// it forgets without telling, nothing that happens to the key later is heard of.

test('with a tracking table too small for the keys that are known nothing counts as known (H22)', async () => {
  await using server = await startRedis({ args: ['--tracking-table-max-keys', '2'] })
  const watched = await connected({ redis: server.url })
  const { store, invalidated } = watched
  const { store: writer } = await connected({ redis: server.url })
  const tags = Array.from({ length: 20 }, (_, index) => `tag-${index}`)
  const reads = tags.map(tag => store.read(readOf(`value of ${tag}`, tag)))
  await Promise.allSettled(reads)
  await Promise.allSettled(reads.map((_, index) => writer.touch([tags[index] as string])))
  // Forgetting is told with the next command of the connection itself.
  await store.barrier().catch(() => undefined)
  await store.barrier().catch(() => undefined)
  expect(watched.resets > 0 || new Set(invalidated).size === tags.length).toBe(true)
})

test('a change is heard of also after the stamp was evicted while a command of ours ran (H22)', async () => {
  await using server = await startRedis({ args: ['--maxmemory-policy', 'volatile-lru'] })
  const { store, invalidated } = await connected({ redis: server.url })
  const someone = await operator(server.url)
  await store.read(readOf('value', 'tag'))
  await store.read(readOf('value', 'tag'))
  const used = Number(/used_memory:(\d+)/.exec(await someone.info('memory'))?.[1])
  await someone.configSet('maxmemory', String(used + 200_000))
  // Written without being refused, and only then too much: the next command, ours, evicts.
  await someone.setRange('large', 900_000, 'x')
  invalidated.length = 0
  await store.barrier()
  await store.barrier()
  expect(invalidated).toContain('tag')
})
