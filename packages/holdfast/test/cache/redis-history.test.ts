import { setImmediate as turn } from 'node:timers/promises'
import { type RedisServer, type SeededRandom, seededRandom, startRedis } from '@holdfast/testkit'
import { createClient } from '@redis/client'
import { expect, test } from 'vitest'
import { openValue, sealValue } from '../../dist/cache/stored-value.js'
import { connected, readOf, type Watched } from './redis-fixture.js'

/** Rows of a database that is always right: the committed version, and the highest that was acknowledged. */
interface Row {
  committed: number
  acknowledged: number
}

const ROWS = 6
const PROCESSES = 3
const WRITES = 150
const SEED = Number(process.env.HOLDFAST_SEED ?? 7)

/** A process with a cache: what it holds in memory, and the stamps it knows to be current unless told otherwise. */
class Reader {
  readonly #watched: Watched
  readonly #rows: readonly Row[]
  readonly #known = new Map<string, string>()
  readonly #memory = new Map<string, { stamp: string; version: number }>()
  hits = { memory: 0, redis: 0 }
  readonly violations: string[] = []

  constructor(watched: Watched, rows: readonly Row[]) {
    this.#watched = watched
    this.#rows = rows
    watched.store.onInvalidated = tag => this.#known.delete(tag)
    watched.store.onReset = () => {
      this.#known.clear()
      this.#memory.clear()
    }
  }

  get store() {
    return this.#watched.store
  }

  async read(at: number): Promise<void> {
    const name = `row${at}`
    const least = this.#rows[at]?.acknowledged ?? 0
    if (await this.#inMemory(name, least)) return
    const { stamps, value } = await this.store.read(readOf(name, name))
    const [stamp] = stamps
    if (stamp === undefined) return
    this.#known.set(name, stamp)
    const stored = value && openValue(value)
    if (stored?.stamps[0] === stamp) {
      const version = Number(stored.payload)
      this.#check({ name, version, least, where: 'redis' })
      this.#memory.set(name, { stamp, version })
      return
    }
    await turn()
    const version = this.#rows[at]?.committed ?? 0
    await turn()
    this.#memory.set(name, { stamp, version })
    await this.store.store(
      name,
      sealValue({ stamps: [stamp], payload: Buffer.from(String(version)) }),
      60_000,
    )
  }

  async #inMemory(name: string, least: number): Promise<boolean> {
    if (!this.#memory.has(name)) return false
    await this.store.barrier()
    const held = this.#memory.get(name)
    if (held === undefined || this.#known.get(name) !== held.stamp) return false
    this.#check({ name, version: held.version, least, where: 'memory' })
    return true
  }

  #check(hit: { name: string; version: number; least: number; where: 'memory' | 'redis' }): void {
    this.hits[hit.where] += 1
    if (hit.version < hit.least)
      this.violations.push(`${hit.where}: ${hit.name} ${hit.version} < ${hit.least}`)
  }
}

/** Marks, commits, releases; acknowledges only what is reflected. */
async function write(
  { store }: Watched,
  row: Row,
  { tag, mark }: { tag: string; mark: string },
): Promise<void> {
  const change = { tags: [tag], tables: [], mark }
  const isMarked = await succeeds(store.mark(change))
  const version = row.committed + 1
  await turn()
  if (isMarked) row.committed = Math.max(row.committed, version)
  while (!(await succeeds(store.release(change)))) await turn()
  if (isMarked) row.acknowledged = Math.max(row.acknowledged, version)
}

function succeeds(promise: Promise<unknown>): Promise<boolean> {
  return promise.then(
    () => true,
    () => false,
  )
}

/** What happens to Redis meanwhile. */
async function disturb(server: RedisServer, random: SeededRandom): Promise<void> {
  const fate = random.int(0, 9)
  if (fate === 0) {
    await server.kill()
    await server.start()
  } else if (fate === 1) {
    server.pause()
    await new Promise(resolve => setTimeout(resolve, 30))
    server.resume()
  } else {
    const client = createClient({ url: server.url, socket: { reconnectStrategy: false } })
    client.on('error', () => {})
    await client.connect()
    if (fate === 2) await client.flushAll()
    else if (fate === 3) await client.scriptFlush()
    else if (fate === 4) await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'NORMAL', 'SKIPME', 'yes'])
    client.destroy()
  }
}

test(`no hit is older than the last write acknowledged before it, whatever happens to Redis (seed ${SEED}) (I3)`, async () => {
  await using server = await startRedis()
  const random = seededRandom(SEED)
  const rows = Array.from({ length: ROWS }, () => ({ committed: 0, acknowledged: 0 }))
  const open = () => connected({ redis: server.url, budget: 100, markBudget: 100 })
  const watched = await Promise.all(Array.from({ length: PROCESSES }, open))
  const readers = watched.map(each => new Reader(each, rows))
  let isOver = false
  const reading = readers.flatMap(reader =>
    Array.from({ length: 3 }, async () => {
      while (!isOver) {
        await reader.read(random.int(0, ROWS - 1)).catch(() => {})
        await turn()
      }
    }),
  )
  for (let at = 0; at < WRITES; at++) {
    const index = random.int(0, ROWS - 1)
    const writer = watched[random.int(0, PROCESSES - 1)] as Watched
    const writing = write(writer, rows[index] as Row, { tag: `row${index}`, mark: `w:${at}` })
    if (at % 5 === 0) await disturb(server, random)
    await writing
    // At once, when what was said about the write may still be on its way to the others.
    await Promise.allSettled(readers.map(reader => reader.read(index)))
    for (let pause = random.int(0, 20); pause > 0; pause--) await turn()
  }
  // The readers go on until they have had so many hits, however slow the machine is.
  const hits = () => readers.reduce((sum, reader) => sum + reader.hits.memory + reader.hits.redis, 0)
  await expect.poll(hits, { timeout: 120_000 }).toBeGreaterThan(500)
  isOver = true
  await Promise.all(reading)
  expect(readers.flatMap(({ violations }) => violations)).toEqual([])
})
