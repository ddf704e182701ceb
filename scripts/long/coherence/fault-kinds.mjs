import { setTimeout as delay } from 'node:timers/promises'
import { administer, command } from './servers.mjs'

/**
 * A fault: `cause` resolves when all works again. `reach` tells whose Redis it may take away: everybody's, that of
 * the process it is aimed at, or nobody's.
 *
 * @typedef {object} FaultKind
 * @property {string} name
 * @property {'all' | 'one' | 'none'} redis
 * @property {(scene: Scene) => Promise<unknown>} cause
 *
 * @typedef {object} Scene
 * @property {import('./servers.mjs').Servers} servers
 * @property {import('./worker-set.mjs').WorkerSet} workers
 * @property {number} target the process it is aimed at
 * @property {number} duration milliseconds
 * @property {import('@holdfast/testkit').SeededRandom} random
 */

/** The connections of the workload. Those that are committing first. */
const BACKENDS = `SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'
  AND application_name <> 'coherence-admin' ORDER BY (query ILIKE '%COMMIT%' AND state = 'active') DESC, random()`

/** @type {readonly FaultKind[]} */
export const FAULT_KINDS = [
  { name: 'worker-kill', redis: 'one', cause: killWorker },
  { name: 'redis-kill', redis: 'all', cause: killRedis },
  { name: 'redis-pause', redis: 'all', cause: pauseRedis },
  {
    name: 'redis-stall',
    redis: 'all',
    cause: scene => redisCommands(scene, [['DEBUG', 'SLEEP', seconds(scene)]]),
  },
  {
    name: 'redis-clients',
    redis: 'all',
    cause: scene => redisCommands(scene, [killClients('normal'), killClients('pubsub')]),
  },
  { name: 'redis-scripts', redis: 'none', cause: scene => redisCommands(scene, [['SCRIPT', 'FLUSH']]) },
  { name: 'redis-memory', redis: 'all', cause: squeezeRedis },
  { name: 'redis-cut', redis: 'one', cause: scene => disturb(scene, 'redis', 'cut') },
  { name: 'redis-reset', redis: 'one', cause: scene => disturb(scene, 'redis', 'reset') },
  { name: 'redis-mute', redis: 'one', cause: scene => disturb(scene, 'redis', 'stall') },
  { name: 'redis-isolate', redis: 'one', cause: scene => disturb(scene, 'redis', 'isolate') },
  { name: 'postgres-terminate', redis: 'none', cause: terminateBackends },
  { name: 'postgres-cut', redis: 'none', cause: scene => disturb(scene, 'postgres', 'cut') },
  { name: 'postgres-reset', redis: 'none', cause: scene => disturb(scene, 'postgres', 'reset') },
  { name: 'postgres-mute', redis: 'none', cause: scene => disturb(scene, 'postgres', 'stall') },
  {
    name: 'postgres-restart',
    redis: 'none',
    cause: ({ servers }) => servers.postgres.restart({ mode: 'fast' }),
  },
  {
    name: 'postgres-crash',
    redis: 'none',
    cause: ({ servers }) => servers.postgres.restart({ mode: 'immediate' }),
  },
  { name: 'clock-jump', redis: 'none', cause: jumpClock },
]

/** @param {Scene} scene */
async function killWorker({ workers, target }) {
  await workers.kill(target)
  workers.start(target)
}

/** @param {Scene} scene */
async function killRedis({ servers: { redis }, duration }) {
  await redis.kill()
  await delay(duration)
  await redis.start()
}

/** @param {Scene} scene */
async function pauseRedis({ servers: { redis }, duration }) {
  redis.pause()
  await delay(duration)
  redis.resume()
}

/** @param {Scene} scene @param {string[][]} commands */
function redisCommands({ servers }, commands) {
  return command(servers.redis.url, commands)
}

/** @param {string} type */
function killClients(type) {
  return ['CLIENT', 'KILL', 'TYPE', type]
}

/** @param {Scene} scene */
function seconds({ duration }) {
  return String(duration / 1000)
}

/** Less memory than it uses: stamps are evicted, and writes are refused once nothing is left to evict. @param {Scene} scene */
async function squeezeRedis(scene) {
  const [info] = await redisCommands(scene, [['INFO', 'memory']])
  const used = Number(/used_memory:(\d+)/.exec(String(info))?.[1])
  const less = Math.round(used * (0.8 + 0.2 * scene.random.next()))
  await redisCommands(scene, [['CONFIG', 'SET', 'maxmemory', String(less)]])
  await delay(scene.duration)
  await redisCommands(scene, [['CONFIG', 'SET', 'maxmemory', '0']])
}

/** @param {Scene} scene @param {'redis' | 'postgres'} server @param {'cut' | 'reset' | 'stall' | 'isolate'} how */
async function disturb({ servers, target, duration, random }, server, how) {
  const proxy = servers.proxies[target]?.[server]
  if (proxy === undefined) return
  if (how === 'cut' || how === 'reset') return proxy[how](random.pick([0.3, 1]), () => random.next())
  proxy[how]()
  await delay(duration)
  proxy.heal()
}

/** @param {Scene} scene */
async function terminateBackends({ servers, random }) {
  const text = `SELECT pg_terminate_backend(pid) FROM (${BACKENDS} LIMIT ${random.int(1, 4)}) AS backends`
  for (let times = random.int(1, 5); times > 0; times -= 1) await administer(servers.postgres.url, text)
}

/** An hour forth or back, or right again. @param {Scene} scene */
async function jumpClock({ workers, target, random }) {
  workers.tell(target, { kind: 'clock', offset: random.pick([-3_600_000, 0, 3_600_000]) })
}
