import { CacheUnavailableError } from '../base/errors.js'
import type { RemoteAnswer, RemoteMark, RemoteOrphan, RemoteRead, RemoteStore } from './ports.js'

/** Makes the store for one database. */
export type ConnectRemote = (databaseIdentity: string) => RemoteStore

/**
 * The remote store of whichever database the pool talks to: chosen once that is known, and again should another
 * database, or an older state of it, answer at the same address.
 */
export class RemoteSwitch implements RemoteStore {
  readonly #connect: ConnectRemote
  #identity: string | undefined
  #store: RemoteStore | undefined
  #closed = false
  onInvalidated: (tag: string) => void = () => undefined
  onReset: () => void = () => undefined
  onReady: () => void = () => undefined

  constructor(connect: ConnectRemote) {
    this.#connect = connect
  }

  get available(): boolean {
    return this.#store?.available ?? false
  }

  get state(): RemoteStore['state'] {
    return this.#store?.state ?? { available: false, reason: 'not connected yet' }
  }

  get inChargeFor(): number {
    return this.#store?.inChargeFor ?? 0
  }

  /** From now on this database is meant. */
  use(identity: string): void {
    if (identity === this.#identity || this.#closed) return
    const before = this.#store
    this.#identity = identity
    this.#store = this.#connect(identity)
    this.#listen(this.#store)
    if (before === undefined) return
    this.onReset()
    void before.close().catch(() => undefined)
  }

  async tried(): Promise<void> {
    await this.#store?.tried()
  }

  read(read: RemoteRead): Promise<RemoteAnswer> {
    return this.#store?.read(read) ?? notConnected()
  }

  barrier(): Promise<void> {
    return this.#store?.barrier() ?? notConnected()
  }

  store(key: string, value: Buffer, ttlMillis: number): Promise<void> {
    return this.#with(store => store.store(key, value, ttlMillis))
  }

  abandon(key: string): Promise<void> {
    return this.#with(store => store.abandon(key))
  }

  mark(mark: RemoteMark): Promise<void> {
    return this.#with(store => store.mark(mark))
  }

  release(mark: RemoteMark): Promise<void> {
    return this.#with(store => store.release(mark))
  }

  touch(tags: readonly string[]): Promise<void> {
    return this.#with(store => store.touch(tags))
  }

  isSettled(): Promise<boolean> {
    return this.#with(store => store.isSettled())
  }

  settle(): Promise<void> {
    return this.#with(store => store.settle())
  }

  orphans(tags: readonly string[]): Promise<readonly RemoteOrphan[]> {
    return this.#with(store => store.orphans(tags))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#store?.close()
  }

  #with<T>(call: (store: RemoteStore) => Promise<T>): Promise<T> {
    return this.#store === undefined ? notConnected() : call(this.#store)
  }

  /** What a store that was replaced still says no longer counts. */
  #listen(store: RemoteStore): void {
    const whileUsed =
      <A extends unknown[]>(listener: () => (...args: A) => void) =>
      (...args: A) => {
        if (store === this.#store) listener()(...args)
      }
    store.onInvalidated = whileUsed(() => this.onInvalidated)
    store.onReset = whileUsed(() => this.onReset)
    store.onReady = whileUsed(() => this.onReady)
  }
}

function notConnected(): Promise<never> {
  const message = 'The cache in Redis gave no answer: not connected yet.'
  return Promise.reject(new CacheUnavailableError('HOLDFAST_CACHE_UNAVAILABLE', message))
}
