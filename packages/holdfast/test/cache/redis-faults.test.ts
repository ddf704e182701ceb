import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { fakeClock, freePort, newPassword, startRedis } from '@holdfast/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { startRelay } from '../support/relay.js'
import { connected, operator, readOf, unique, watch } from './redis-fixture.js'
import { fill, isHit } from './remote-store-contract.js'

const run = promisify(execFile)
const mark = { tags: ['tag'], tables: [], mark: 'w:1' }

test('without Redis every call fails at once, and the store stands when Redis comes', async () => {
  await using server = await startRedis()
  await server.kill()
  const watched = watch({ redis: server.url })
  const { store } = watched
  await expect.poll(() => store.state.reason).toContain('nothing listens')
  expect(store.available).toBe(false)
  const results = await Promise.allSettled([
    store.read(readOf('k', 't')),
    store.barrier(),
    store.store('k', Buffer.from('v'), 1_000),
    store.mark(mark),
    store.release(mark),
    store.touch(['t']),
    store.orphans(['t']),
  ])
  const reason = { code: 'HOLDFAST_CACHE_UNAVAILABLE', retry: 'safe' }
  for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason })
  const ready = watched.nextReady()
  await server.start()
  await ready
  expect(store.available).toBe(true)
})

test('one warning tells that Redis is away, however often it is tried', async () => {
  const relay = await startRelay(await freePort())
  relay.refuse(true)
  const watched = watch({ redis: relay.url('redis://127.0.0.1') })
  await expect.poll(() => relay.traffic).toBeGreaterThan(5)
  expect(watched.warnings).toHaveLength(1)
})

test('a wrong password is told, and no password or address shows anywhere', async () => {
  const [right, wrong] = [newPassword(), newPassword()]
  await using server = await startRedis({ args: ['--requirepass', right] })
  const url = `redis://:${wrong}@127.0.0.1:${server.port}`
  const watched = watch({ redis: url })
  await expect.poll(() => watched.warnings.join()).toContain('refuses the user or password')
  const error = await watched.store.barrier().catch((reason: unknown) => reason)
  const shown = [
    inspect(watched.store, { depth: 20, showHidden: true }),
    inspect(error, { depth: 20, showHidden: true }),
    inspect(watched.store.state),
    watched.warnings.join(),
  ].join()
  for (const secret of [wrong, right, String(server.port), 'redis://'])
    expect(shown.includes(secret)).toBe(false)
  const { store } = await connected({ redis: `redis://:${right}@127.0.0.1:${server.port}` })
  expect(store.available).toBe(true)
})

test('what is no location is refused without being repeated', () => {
  const secret = newPassword()
  const composite = { duplicate: () => {}, slots: [] }
  const texts = [
    `http://:${secret}@host`,
    `redis://:${secret}@[nowhere`,
    `redis://:${secret}@host/name`,
    secret,
  ]
  for (const redis of [...texts, {} as never, composite]) {
    expect(() => watch({ redis })).toThrow('cache.redis')
    expect(() => watch({ redis })).not.toThrow(secret)
  }
})

test('of a stalled server every call ends exactly within its budget (H25)', async () => {
  await using server = await startRedis()
  const clock = fakeClock()
  const watched = watch({ redis: server.url, clock, budget: 50, markBudget: 25 })
  const ready = watched.nextReady()
  await clock.advance(0)
  await ready
  const { store } = watched
  server.pause()
  const ended = new Map<string, number>()
  const calls = {
    mark: store.mark(mark),
    read: store.read(readOf('k', 't')),
    barrier: store.barrier(),
    store: store.store('k', Buffer.from('v'), 1_000),
    touch: store.touch(['t']),
  }
  const settled = Object.entries(calls).map(([name, call]) => call.catch(() => ended.set(name, clock.now())))
  for (let millis = 0; millis < 50; millis++) await clock.advance(1)
  await Promise.all(settled)
  // Timers are up to a millisecond late: they are set for one before.
  expect(Object.fromEntries(ended)).toEqual({ mark: 24, read: 49, barrier: 49, store: 49, touch: 49 })
  await store.close()
  expect(clock.pending).toBe(0)
  server.resume()
})

test('a stalled server is given up by all callers after five failures, and used again when it goes on', async () => {
  await using server = await startRedis()
  const watched = await connected({ redis: server.url, budget: 200 })
  const { store } = watched
  server.pause()
  let failures = 0
  while (store.available) await store.barrier().catch(() => (failures += 1))
  expect(failures).toBe(5)
  await expect(store.read(readOf('k', 't'))).rejects.toThrow('no answer')
  const ready = watched.nextReady()
  server.resume()
  await ready
  await expect
    .poll(() =>
      fill(store, 'k', 't')
        .then(() => isHit(store, 'k', 't'))
        .catch(() => false),
    )
    .toBe(true)
})

test('a restart is a cold cache for everybody, also when Redis kept its data (I5, H5)', async () => {
  await using server = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] })
  const watched = await connected({ redis: server.url })
  await fill(watched.store, 'k', 't')
  const ready = watched.nextReady()
  await server.stop()
  await server.start()
  await ready
  expect(watched.resets).toBeGreaterThan(0)
  const redis = await operator(server.url)
  expect((await redis.keys('*')).length).toBeGreaterThan(1)
  expect(await isHit(watched.store, 'k', 't')).toBe(false)
})

test('a killed connection voids everything known, and others take its place', async () => {
  await using server = await startRedis()
  const watched = await connected({ redis: server.url })
  const redis = await operator(server.url)
  for (let round = 0; round < 5; round++) {
    const ours = async () =>
      String(await redis.sendCommand(['CLIENT', 'LIST']))
        .split('\n')
        .filter(line => line.includes('name=holdfast-cache'))
    // The server notices a moment later that those of the last round are gone.
    await expect.poll(async () => (await ours()).length).toBe(2)
    const id = /id=(\d+)/.exec((await ours())[round % 2] ?? '')?.[1] ?? ''
    const [reset, ready] = [watched.nextReset(), watched.nextReady()]
    await redis.sendCommand(['CLIENT', 'KILL', 'ID', id])
    await Promise.all([reset, ready])
    await fill(watched.store, unique('key'), 't')
  }
})

test('calls under way when the server dies fail, and nothing is left of them', async () => {
  await using server = await startRedis()
  const { store } = await connected({ redis: server.url })
  server.pause()
  const calls = [store.read(readOf('k', 't')), store.barrier(), store.mark(mark), store.touch(['t'])]
  const results = Promise.allSettled(calls)
  await new Promise(resolve => setImmediate(resolve))
  await server.kill()
  expect((await results).map(({ status }) => status)).toEqual(calls.map(() => 'rejected'))
})

test('a user without the right to the commands of the cache is told so', async () => {
  await using server = await startRedis()
  const redis = await operator(server.url)
  await redis.sendCommand(['ACL', 'SETUSER', 'poor', 'on', '>pass', '~*', '+@all', '-eval', '-evalsha'])
  const watched = watch({ redis: `redis://poor:pass@127.0.0.1:${server.port}` })
  await expect.poll(() => watched.warnings.join()).toContain('may not run the commands of the cache')
})

test('closing fails what is under way, ends both connections and opens no other', async () => {
  await using server = await startRedis()
  const watched = await connected({ redis: server.url })
  const redis = await operator(server.url)
  server.pause()
  const call = watched.store.barrier()
  await Promise.all([expect(call).rejects.toThrow(), watched.store.close()])
  server.resume()
  await expect
    .poll(async () => String(await redis.sendCommand(['CLIENT', 'LIST'])).includes('holdfast-cache'))
    .toBe(false)
  await watched.store.close()
  await expect(watched.store.barrier()).rejects.toThrow('closed')
})

test('a primary that must not write, because too few replicas confirm, is believed in nothing', async () => {
  await using server = await startRedis()
  const watched = await connected({ redis: server.url })
  const redis = await operator(server.url)
  await fill(watched.store, 'k', 't')
  await redis.configSet('min-replicas-to-write', '1')
  await expect(watched.store.read(readOf('k', 't'))).rejects.toThrow('too few replicas')
  await expect(watched.store.barrier()).rejects.toThrow('too few replicas')
  await redis.configSet('min-replicas-to-write', '0')
  expect(await isHit(watched.store, 'k', 't')).toBe(true)
})

test('a policy that may evict marks is noticed also when it is set while the store stands (H22)', async () => {
  await using server = await startRedis({ args: ['--maxmemory', '10mb'] })
  const clock = fakeClock()
  const watched = watch({ redis: server.url, clock })
  const ready = watched.nextReady()
  await clock.advance(0)
  await ready
  const redis = await operator(server.url)
  await redis.configSet('maxmemory-policy', 'allkeys-random')
  const reset = watched.nextReset()
  await clock.advance(30_000)
  await reset
  expect(watched.store.state.reason).toContain('allkeys-random')
})

test('without node-redis the reason says what to install', async () => {
  // A copy outside of the workspace, where no package can be found.
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-alone-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const built = new URL('../../dist/', import.meta.url)
  for (const part of ['base', 'resilience', 'cache']) {
    await cp(new URL(part, built), join(folder, part), { recursive: true })
  }
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  const script = `
    import { RedisStore } from './cache/redis-store.js'
    const warn = ({ message }) => { console.log(message); process.exit() }
    new RedisStore({ redis: 'redis://127.0.0.1', databaseIdentity: 'alone', warn })
    setInterval(() => {}, 1000)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
  expect(stdout).toContain('npm install @redis/client')
})

const SCRIPT = `
  import { RedisStore } from './dist/cache/redis-store.js'
  const store = new RedisStore({ redis: process.argv[1], databaseIdentity: 'exit' })
  const awake = setInterval(() => {}, 1000)
  await new Promise(resolve => { store.onReady = resolve })
  clearInterval(awake)
  store.barrier().then(() => console.log('answered'))
`

test('a store that is not closed does not keep its process alive, but a call under way does', async () => {
  await using server = await startRedis()
  const cwd = new URL('../..', import.meta.url)
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, server.url], { cwd })
  let output = ''
  child.stdout.on('data', data => {
    output += data
  })
  const [code] = await once(child, 'close')
  expect({ code, output }).toEqual({ code: 0, output: 'answered\n' })
})
