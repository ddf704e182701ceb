/**
 * A read of one value with the stamps of its tags. Keys and tags are names of 1 to 512 characters within the cache's
 * namespace; whoever makes longer ones hashes them. At most 100 tags.
 */
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

/**
 * What the authority says, as of an instant after the read was asked for. Invalidations after that instant are
 * delivered after the answer, if the caller takes the stamps over before it waits for anything but promises.
 */
export interface RemoteAnswer {
  /** The current stamp of each tag, minted when it was missing; `undefined`: the tag is marked, bypass. */
  readonly stamps: readonly (string | undefined)[]
  /** The stored bytes, whatever stamps they were stored with: the caller compares. See `openValue`. */
  readonly value: Buffer | undefined
  /**
   * `taken`: this caller loads. `held`: another one does, under the same stamps. `none`: not asked for, a current
   * value was there, or a tag is marked.
   */
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
  /** The same for people, with the reason why not. */
  readonly state: { readonly available: boolean; readonly reason?: string | undefined }
  /**
   * For how many milliseconds, at least, the server had been the one that everybody finds when the link to it was made;
   * 0: it has just started or taken over, or nobody can tell.
   */
  readonly inChargeFor: number
  /** Resolves when the first attempt to connect has ended, whichever way; rejects when that takes too long. */
  tried(): Promise<void>
  /** Answers after everything that was acknowledged to anybody before the call. Calls of one tick share round trips. */
  read(read: RemoteRead): Promise<RemoteAnswer>
  /**
   * Resolves when every invalidation caused by what was acknowledged before this call has been delivered to
   * `onInvalidated`. Calls of one tick share one, and its promise: the same promise tells of the same barrier.
   */
  barrier(): Promise<void>
  /**
   * Keeps the bytes made by `sealValue`, with the stamps in the order in which reads of this key name their tags: the
   * store compares them to decide about the lease. Not awaited by readers.
   */
  store(key: string, value: Buffer, ttlMillis: number): Promise<void>
  /** Gives up the fill lease, because there will be no value: whoever waits for one need not wait any longer. */
  abandon(key: string): Promise<void>
  /**
   * Destroys the stamps and adds the mark, in one round trip. A rejection may come after it was done. The stamp of a
   * table that begins with another schema is replaced by one that begins with none.
   */
  mark(mark: RemoteMark): Promise<void>
  /**
   * Removes the mark and destroys whatever stamp is there, so that fills are possible again; also where the mark was
   * lost with the server meanwhile. While it has not succeeded, values may be stored that do not reflect the write:
   * then the tags must be touched before the write counts as reflected.
   */
  release(mark: RemoteMark): Promise<void>
  /** Destroys the stamps of tags without marking: for changes that are visible already. */
  touch(tags: readonly string[]): Promise<void>
  /**
   * Whether somebody has said of this very server, since it holds this cache, that no write relies on marks that were
   * set before.
   */
  isSettled(): Promise<boolean>
  /** Says so, for everybody who uses the same server. */
  settle(): Promise<void>
  /** The marks on tags that are marked. */
  orphans(tags: readonly string[]): Promise<readonly RemoteOrphan[]>
  /**
   * Called with each tag that was read here and whose stamp was destroyed since by anybody, this process included, or
   * went by itself; set once by the cache. Once for each time it was read.
   */
  onInvalidated: (tag: string) => void
  /**
   * Called when nothing that was known of stamps holds any longer: link lost, another server, flushed. Marks may be
   * lost with it.
   */
  onReset: () => void
  /** Called when the link stands (again). */
  onReady: () => void
  close(): Promise<void>
}
