import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findProgram, freePort, type RedisServer, startRedis } from '@holdfast/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { connected, type Operator, operator, watch } from './redis-fixture.js'
import { fill, isHit } from './remote-store-contract.js'

const SLOTS = 16_384
const isDone = () => true
const isNot = () => false
const CLUSTER = ['--cluster-enabled', 'yes']

/** Three primaries that share the slots. */
async function startCluster(): Promise<RedisServer[]> {
  const servers = await Promise.all([0, 1, 2].map(() => startRedis({ args: CLUSTER })))
  onTestFinished(async () => {
    for (const server of servers) await server[Symbol.asyncDispose]()
  })
  const clients = await Promise.all(servers.map(({ url }) => operator(url)))
  for (const [at, client] of clients.entries()) {
    const bounds = [at, at + 1].map(part => Math.floor((SLOTS * part) / clients.length))
    const range = [String(bounds[0]), String((bounds[1] ?? 0) - 1)]
    await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', ...range])
    for (const { port } of servers) await client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(port)])
  }
  for (const client of clients) {
    await expect
      .poll(async () => String(await client.sendCommand(['CLUSTER', 'INFO'])))
      .toMatch(/cluster_state:ok[\s\S]*cluster_known_nodes:3/)
  }
  return servers
}

describe('in a cluster', () => {
  test('the node of the one slot is found from any node, and all keys are there', async () => {
    const servers = await startCluster()
    const nodes = servers.map(({ url }) => ({ rootNodes: [{ url }] }))
    const stores = await Promise.all(nodes.map(cluster => connected({ redis: { cluster } })))
    const [one, two] = stores.map(({ store }) => store)
    if (!one || !two) throw new Error('no stores')
    await fill(one, 'k', 't', 'u')
    expect(await isHit(two, 'k', 't', 'u')).toBe(true)
    await one.mark({ tags: ['t', 'u'], tables: [], mark: 'w:1' })
    await stores[1]?.store.barrier()
    expect(stores[1]?.invalidated.sort()).toEqual(['t', 'u'])
    expect(await isHit(two, 'k', 't', 'u')).toBe(false)
  })

  test('when the slot moves, the cache begins anew on the node that has it (H28)', async () => {
    const servers = await startCluster()
    const rootNodes = servers.map(({ url }) => ({ url }))
    const watched = await connected({ redis: { cluster: { rootNodes } } })
    await fill(watched.store, 'k', 't')
    const clients = await Promise.all(servers.map(({ url }) => operator(url)))
    const ids = await Promise.all(
      clients.map(async client => String(await client.sendCommand(['CLUSTER', 'MYID']))),
    )
    const sizes = await Promise.all(clients.map(client => client.dbSize()))
    const owner = sizes.findIndex(size => size > 0)
    const target = ids[(owner + 1) % ids.length] ?? ''
    const [name = ''] = (await clients[owner]?.keys('*')) ?? []
    const slot = String(await clients[owner]?.sendCommand(['CLUSTER', 'KEYSLOT', name]))
    const ready = watched.nextReady()
    // The store begins anew on an empty server at once; one that holds keys of a slot may refuse to give it away.
    const give = async (client: Operator) => {
      await clients[owner]?.flushAll()
      await client.sendCommand(['CLUSTER', 'SETSLOT', slot, 'NODE', target])
    }
    for (const client of clients) await expect.poll(() => give(client).then(isDone, isNot)).toBe(true)
    await ready
    await expect.poll(() => fill(watched.store, 'k', 't').then(isDone, isNot)).toBe(true)
    expect(await clients[(owner + 1) % ids.length]?.dbSize()).toBeGreaterThan(0)
  })
})

/** A sentinel that watches one primary. */
async function startSentinel(primary: RedisServer): Promise<number> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-sentinel-'))
  const file = join(folder, 'sentinel.conf')
  await writeFile(file, `port ${port}\ndir ${folder}\nsentinel monitor main 127.0.0.1 ${primary.port} 1\n`)
  const child = spawn(findProgram('redis-server') ?? '', [file, '--sentinel'], { stdio: 'ignore' })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
    await rm(folder, { recursive: true })
  })
  const isUp = () => operator(`redis://127.0.0.1:${port}`).then(isDone, isNot)
  await expect.poll(isUp).toBe(true)
  return port
}

test('a sentinel names the primary, and the next one after a failover', async () => {
  await using first = await startRedis()
  await using second = await startRedis({ args: ['--replicaof', `127.0.0.1 ${first.port}`] })
  const primary = await operator(first.url)
  await expect.poll(() => primary.info('replication')).toContain('state=online')
  const port = await startSentinel(first)
  const nobody = { host: '127.0.0.1', port: await freePort() }
  const sentinelRootNodes = [nobody, { host: '127.0.0.1', port }]
  // The name under which the primary is known is not the one under which it is reached.
  const nodeAddressMap = (address: string) => ({ host: 'localhost', port: Number(address.split(':')[1]) })
  const watched = await connected({
    redis: { sentinel: { name: 'main', sentinelRootNodes, nodeAddressMap } },
  })
  await fill(watched.store, 'k', 't')
  const sentinel = await operator(`redis://127.0.0.1:${port}`)
  // Otherwise it asks its servers every ten seconds, and lets a primary that was replaced go on for eight.
  await sentinel.sendCommand(['SENTINEL', 'DEBUG', 'INFO-PERIOD', '100', 'PUBLISH-PERIOD', '100'])
  const replicas = async () => JSON.stringify(await sentinel.sendCommand(['SENTINEL', 'REPLICAS', 'main']))
  await expect.poll(replicas).toContain(String(second.port))
  const ready = watched.nextReady()
  const failOver = () => sentinel.sendCommand(['SENTINEL', 'FAILOVER', 'main']).catch(() => undefined)
  // A sentinel gives up where it has not heard of its servers in time, as on a busy machine, and does not try again.
  await expect
    .poll(async () => {
      const named = String(await sentinel.sendCommand(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main']))
      if (!named.includes(String(second.port))) await failOver()
      return named
    })
    .toContain(String(second.port))
  await ready
  await expect.poll(() => fill(watched.store, 'k', 't').then(isDone, isNot)).toBe(true)
  const redis = await operator(second.url)
  expect(await redis.info('replication')).toContain('role:master')
})

test('a cluster or sentinel that nobody answers for is told', async () => {
  const port = await freePort()
  const cluster = watch({ redis: { cluster: { rootNodes: [{ url: `redis://127.0.0.1:${port}` }] } } })
  const sentinelRootNodes = [{ host: '127.0.0.1', port }]
  const sentinel = watch({ redis: { sentinel: { name: 'main', sentinelRootNodes } } })
  for (const { store } of [cluster, sentinel]) {
    await expect.poll(() => store.state.reason).toContain('nothing listens')
  }
})
