import { seededRandom } from '@holdfast/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemoryStore, type Removal } from './memory-store.js'

interface Kept {
  readonly version: number
  readonly bytes: number
  readonly expiresAt: number
}

const key = fc.integer({ min: 0, max: 30 }).map(n => `key ${n}`)
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get'), key }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('set'),
      key,
      bytes: fc.integer({ min: 1, max: 140 }),
      ttl: fc.integer({ min: 0, max: 50 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete'), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), millis: fc.integer({ min: 1, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear') }) },
)
type Operation = { do: string; key?: string; bytes?: number; ttl?: number; millis?: number }

/** A store and what must be true of it, told apart by what the store reports. */
class Model {
  now = 0
  readonly present = new Map<string, Kept>()
  readonly reasons: Removal[] = []
  readonly store = new MemoryStore<Kept>({
    maxBytes: 1_000,
    onRemoved: (name, value, reason) => {
      expect(this.present.get(name)).toBe(value)
      if (reason === 'expired') expect(value.expiresAt).toBeLessThanOrEqual(this.now)
      this.present.delete(name)
      this.reasons.push(reason)
    },
  })

  run(operation: Operation, version: number): void {
    const name = operation.key ?? ''
    if (operation.do === 'wait') this.now += operation.millis ?? 0
    if (operation.do === 'clear') this.store.clear()
    if (operation.do === 'delete') this.#delete(name)
    if (operation.do === 'get') this.#get(name)
    if (operation.do === 'set') this.#set(name, operation, version)
    this.#check()
  }

  #delete(name: string): void {
    const present = this.present.has(name)
    expect(this.store.delete(name)).toBe(present)
    expect(this.present.has(name)).toBe(false)
  }

  #get(name: string): void {
    const expected = this.present.get(name)
    const live = expected !== undefined && expected.expiresAt > this.now
    expect(this.store.get(name, this.now)).toBe(live ? expected : undefined)
    if (!live) expect(this.present.has(name)).toBe(false)
  }

  #set(name: string, { bytes = 1, ttl = 1 }: Operation, version: number): void {
    const kept = { version, bytes, expiresAt: this.now + ttl }
    const stored = this.store.set(name, kept, { bytes, expiresAt: kept.expiresAt, now: this.now })
    expect(stored).toBe(bytes <= 125 && ttl > 0)
    expect(this.present.has(name)).toBe(false)
    if (stored) this.present.set(name, kept)
  }

  #check(): void {
    const bytes = [...this.present.values()].reduce((sum, kept) => sum + kept.bytes, 0)
    expect([this.store.bytes, this.store.size]).toEqual([bytes, this.present.size])
    expect(bytes).toBeLessThanOrEqual(1_000)
    expect(this.store.evictions).toBe(this.reasons.filter(reason => reason === 'evicted').length)
  }
}

/** SIEVE over keys, in the simplest words: entries from the oldest to the newest, and the place of the hand. */
class SimplestSieve {
  readonly entries: { key: string; visited: boolean }[] = []
  hand = 0
  readonly most: number
  constructor(most: number) {
    this.most = most
  }

  use(key: string): boolean {
    const entry = this.entries.find(entry => entry.key === key)
    if (entry !== undefined) entry.visited = true
    else {
      if (this.entries.length === this.most) this.#evict()
      this.entries.push({ key, visited: false })
    }
    return entry !== undefined
  }

  #evict(): void {
    for (;;) {
      if (this.hand >= this.entries.length) this.hand = 0
      const entry = this.entries[this.hand]
      if (!entry?.visited) break
      entry.visited = false
      this.hand++
    }
    this.entries.splice(this.hand, 1)
    // Past the newest, it begins again: the next newest is not under it.
    if (this.hand === this.entries.length) this.hand = 0
  }
}

describe('MemoryStore', () => {
  test('never exceeds its limit, never answers with what has left or expired, and reports what leaves once', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), operations => {
        const model = new Model()
        for (const [version, operation] of operations.entries()) model.run(operation, version)
      }),
    )
  })

  test('decides who leaves as SIEVE does', () => {
    const random = seededRandom()
    const sieve = new SimplestSieve(10)
    const store = new MemoryStore<number>({ maxBytes: 10 })
    for (let step = 0; step < 5_000; step++) {
      const key = `key ${Math.floor(random.next() ** 2 * 40)}`
      const hit = store.get(key, 0) !== undefined
      if (!hit) store.set(key, step, { bytes: 1, expiresAt: 1, now: 0 })
      expect(hit, `step ${step} of seed ${random.seed}`).toBe(sieve.use(key))
    }
  })

  test('keeps what is used through a scan of what is not', () => {
    const store = new MemoryStore<number>({ maxBytes: 100 })
    const limits = { bytes: 1, expiresAt: 1, now: 0 }
    for (let n = 0; n < 50; n++) store.set(`hot ${n}`, n, limits)
    for (let n = 0; n < 2_000; n++) {
      store.get(`hot ${n % 50}`, 0)
      store.set(`scanned ${n}`, n, limits)
    }
    const kept = Array.from({ length: 50 }, (_, n) => store.get(`hot ${n}`, 0)).filter(
      value => value !== undefined,
    )
    expect(kept).toHaveLength(50)
  })

  test('lets expired entries leave though nobody asks for them', () => {
    const store = new MemoryStore<number>({ maxBytes: 10_000 })
    for (let n = 0; n < 100; n++) store.set(`short ${n}`, n, { bytes: 1, expiresAt: 10, now: 0 })
    for (let n = 0; n < 100; n++) store.set(`long ${n}`, n, { bytes: 1, expiresAt: 1_000, now: 20 })
    expect(store.size).toBe(100)
  })

  test('forgets the former value even when it refuses the new one', () => {
    const store = new MemoryStore<string>({ maxBytes: 80 })
    store.set('key', 'former', { bytes: 10, expiresAt: 1, now: 0 })
    expect(store.set('key', 'huge', { bytes: 11, expiresAt: 1, now: 0 })).toBe(false)
    expect(store.get('key', 0)).toBeUndefined()
  })
})
