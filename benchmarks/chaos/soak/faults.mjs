import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

/**
 * What faults are caused on.
 *
 * @typedef {object} Scene
 * @property {import('@holdfast/testkit').PostgresServer} server
 * @property {import('@holdfast/testkit').RedisServer} redis
 * @property {import('@holdfast/testkit').FaultProxy} databaseProxy between the service and PostgreSQL
 * @property {import('@holdfast/testkit').FaultProxy} redisProxy between the service and Redis
 * @property {import('@holdfast/testkit').SeededRandom} random
 */

/** @type {Readonly<Record<string, (scene: Scene) => Promise<unknown>>>} */
const FAULTS = {
  'backends killed': killBackends,
  'PostgreSQL restarted': scene => restart(scene, () => scene.server.stop({ mode: 'fast' })),
  'PostgreSQL crashed': scene => restart(scene, () => scene.server.kill()),
  'PostgreSQL frozen': async ({ server, random }) => {
    server.pause()
    await delay(random.int(100, 3_000))
    server.resume()
  },
  'database connections cut': async ({ databaseProxy, random }) =>
    databaseProxy.cut(random.pick([0.3, 1]), () => random.next()),
  'database connections reset': async ({ databaseProxy, random }) =>
    databaseProxy.reset(random.pick([0.3, 1]), () => random.next()),
  'way to the database stalled': scene => disturb(scene.databaseProxy, 'stall', scene.random.int(100, 3_000)),
  'database out of reach': scene => disturb(scene.databaseProxy, 'isolate', scene.random.int(100, 2_000)),
  'Redis killed': async ({ redis, random }) => {
    await redis.kill()
    await delay(random.int(100, 2_000))
    await redis.start()
  },
  'way to Redis stalled': scene => disturb(scene.redisProxy, 'stall', scene.random.int(100, 2_000)),
}

/** The seed decides which faults come in which order, how long they last and how long nothing happens between them. */
export class Faults {
  /** How often each happened. @type {Record<string, number>} */
  happened = {}
  #stopping = new AbortController()
  /** @type {Promise<void>} */
  #running = Promise.resolve()

  /** @param {Scene} scene */
  start(scene) {
    this.#running = this.#run(scene)
  }

  /** Resolves when the fault in progress is over and everything works again. */
  async stop() {
    this.#stopping.abort()
    await this.#running
  }

  /** @param {Scene} scene */
  async #run(scene) {
    const { random } = scene
    const { signal } = this.#stopping
    for (;;) {
      await delay(random.int(500, 4_000), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      const name = random.pick(Object.keys(FAULTS))
      await FAULTS[name]?.(scene)
      this.happened[name] = (this.happened[name] ?? 0) + 1
    }
  }
}

/** @param {Scene} scene */
async function killBackends({ server, random }) {
  const client = new pg.Client({ connectionString: server.url })
  client.on('error', () => undefined)
  await client.connect()
  await client.query(
    `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
      ORDER BY (state = 'active') DESC, random() LIMIT $1) AS backends`,
    [random.int(1, 5)],
  )
  await client.end()
}

/** @param {Scene} scene @param {() => Promise<unknown>} end */
async function restart({ server, random }, end) {
  await end()
  await delay(random.int(0, 1_500))
  await server.start()
}

/** @param {import('@holdfast/testkit').FaultProxy} proxy @param {'stall' | 'isolate'} how @param {number} millis */
async function disturb(proxy, how, millis) {
  proxy[how]()
  await delay(millis)
  proxy.heal()
}
