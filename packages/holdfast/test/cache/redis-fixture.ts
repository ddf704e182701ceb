import { createClient } from '@redis/client'
import { onTestFinished } from 'vitest'
import type { RemoteRead } from '../../dist/cache/ports.js'
import { RedisStore, type RedisStoreOptions } from '../../dist/cache/redis-store.js'

/** A store and what it was told. */
export interface Watched {
  readonly store: RedisStore
  readonly invalidated: string[]
  readonly warnings: string[]
  resets: number
  /** Resolves when the store is told the next time that it stands. */
  nextReady(): Promise<void>
  /** Resolves when everything known is void the next time. */
  nextReset(): Promise<void>
}

/** A store that is closed when the test ends; it may not be connected yet. */
export function watch(options: Omit<RedisStoreOptions, 'databaseIdentity'>): Watched {
  const warnings: string[] = []
  const store = new RedisStore({
    databaseIdentity: 'test',
    // Short pauses, so that tests need not wait for jitter; generous budgets, because machines are busy.
    random: () => 0.05,
    budget: 5_000,
    markBudget: 5_000,
    warn: ({ message }) => warnings.push(message),
    ...options,
  })
  onTestFinished(() => store.close())
  const waiting = { ready: [] as (() => void)[], reset: [] as (() => void)[] }
  const next = (kind: keyof typeof waiting) => () =>
    new Promise<void>(resolve => void waiting[kind].push(resolve))
  const watched: Watched = {
    store,
    invalidated: [],
    warnings,
    resets: 0,
    nextReady: next('ready'),
    nextReset: next('reset'),
  }
  store.onInvalidated = tag => watched.invalidated.push(tag)
  store.onReady = () => {
    for (const resolve of waiting.ready.splice(0)) resolve()
  }
  store.onReset = () => {
    watched.resets += 1
    for (const resolve of waiting.reset.splice(0)) resolve()
  }
  return watched
}

/** A store that stands. */
export async function connected(options: Omit<RedisStoreOptions, 'databaseIdentity'>): Promise<Watched> {
  const watched = watch(options)
  await watched.nextReady()
  return watched
}

/** A client of node-redis for what an operator or somebody else does. */
export async function operator(url: string) {
  const client = createClient({ url, RESP: 3, socket: { reconnectStrategy: false } })
  client.on('error', () => {})
  await client.connect()
  onTestFinished(() => client.destroy())
  return client
}

export type Operator = Awaited<ReturnType<typeof operator>>

/** A read of a value that depends on these tags. */
export function readOf(key: string, ...tags: string[]): RemoteRead {
  return { key, tags: tags.map(name => ({ name, schema: undefined })), lease: true }
}

let names = 0

/** A name that no other test uses. */
export function unique(word: string): string {
  names += 1
  return `${word}${names}`
}
