/** A read of one value with the stamps of its tags. Keys and tags are names within the cache's namespace. */
export interface RemoteRead {
  readonly key: string
  readonly tags: readonly RemoteTag[]
  /** Whether to take the fill lease when the value is missing or outdated. */
  readonly lease: boolean
}

/**
 * A tag as the remote authority is asked for it. `schema` is given for the tag of a whole table: the fingerprint of
 * the keyed columns that this process knows. A stamp minted for such a tag begins with it.
 */
export interface RemoteTag {
  readonly name: string
  readonly schema: string | undefined
}

/** What the authority says, as of an instant after the read was asked for. */
export interface RemoteAnswer {
  /** The current stamp of each tag, minted when it was missing; `undefined`: the tag is marked, bypass. */
  readonly stamps: readonly (string | undefined)[]
  /** The stored value, whatever stamps it was stored with: the caller compares. */
  readonly value: Buffer | undefined
  /** `taken`: this caller loads. `held`: another one does. `none`: not asked for, or a value was there. */
  readonly lease: 'taken' | 'held' | 'none'
}

/** Tags of a write: those to mark, and the tables concerned with the fingerprint of the keyed columns known here. */
export interface RemoteMark {
  readonly tags: readonly string[]
  readonly tables: readonly RemoteTag[]
  /** Who marks: `<writer>:<xid8>`. */
  readonly mark: string
}

/** A mark that nobody has released yet. */
export interface RemoteOrphan {
  readonly tag: string
  readonly marks: readonly string[]
}

/**
 * The authority over stamps and the store of values that all processes share. Every call settles within the budget;
 * a rejection means "no answer", never "no value".
 */
export interface RemoteStore {
  /** Whether calls are worth making: false while the breaker is open or no connection stands. */
  readonly available: boolean
  /** Answers after everything that was acknowledged to anybody before the call. Calls of one tick share a round trip. */
  read(read: RemoteRead): Promise<RemoteAnswer>
  /**
   * Resolves when every invalidation caused by what was acknowledged before this call has been delivered to
   * `onInvalidated`. Calls of one tick share one.
   */
  barrier(): Promise<void>
  /** Keeps a value. Not awaited by readers. */
  store(key: string, value: Buffer, ttlMillis: number): Promise<void>
  /** Destroys the stamps and adds the mark, in one round trip. */
  mark(mark: RemoteMark): Promise<void>
  /** Removes the mark and destroys whatever stamp is there, so that fills are possible again. */
  release(mark: RemoteMark): Promise<void>
  /** Destroys the stamps of tags without marking: for changes that are visible already. */
  touch(tags: readonly string[]): Promise<void>
  /** The marks on tags that are marked. */
  orphans(tags: readonly string[]): Promise<readonly RemoteOrphan[]>
  /** Called with each tag whose stamp was destroyed by anybody else; set once by the cache. */
  onInvalidated: (tag: string) => void
  /** Called when nothing that was known of stamps holds any longer: link lost, another server, flushed. */
  onReset: () => void
  /** Called when the link stands (again). */
  onReady: () => void
  close(): Promise<void>
}
