/** Why an entry left. */
export type Removal = 'evicted' | 'expired' | 'replaced' | 'deleted'

/** How a store behaves. */
export interface MemoryStoreOptions<V> {
  /** Limit of all entries together, in bytes. */
  readonly maxBytes: number
  /** Told of each entry after it has left, whatever the reason. */
  readonly onRemoved?: ((key: string, value: V, reason: Removal) => void) | undefined
}

/** What the store has to know of an entry. */
export interface EntryLimits {
  /** Its size, key included. */
  readonly bytes: number
  /** When it leaves, in milliseconds on the clock. */
  readonly expiresAt: number
  readonly now: number
}

/** An entry refused: it would push out too many others. */
const LARGEST_SHARE = 1 / 8

/** How many entries each `set` looks at, whether they have expired. */
const LOOKED_AT_PER_SET = 2

/**
 * The tier in the process: values by key, bounded in bytes. Which entries leave is decided by SIEVE: a hit only marks
 * an entry as visited, and when room is needed, a hand that goes from the oldest entry to the newest, again and again,
 * takes the marks away and evicts the first entry that has none.
 */
export class MemoryStore<V> {
  readonly #options: MemoryStoreOptions<V>
  readonly #nodes = new Map<string, Node<V>>()
  readonly #ring: Node<V>
  #hand: Node<V>
  /** Goes around like the hand, and removes what has expired. */
  #broom: Node<V>
  #bytes = 0
  #evictions = 0

  constructor(options: MemoryStoreOptions<V>) {
    this.#options = options
    this.#ring = new Node('', undefined as V, { bytes: 0, expiresAt: Number.POSITIVE_INFINITY })
    this.#hand = this.#ring
    this.#broom = this.#ring
  }

  /** Size of all entries. */
  get bytes(): number {
    return this.#bytes
  }

  /** How many entries there are, those included that have expired and were not noticed yet. */
  get size(): number {
    return this.#nodes.size
  }

  /** How many entries had to leave for others since the store was made. */
  get evictions(): number {
    return this.#evictions
  }

  /** The value, unless it is missing or has expired. */
  get(key: string, now: number): V | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    if (node.expiresAt <= now) {
      this.#remove(node, 'expired')
      return undefined
    }
    if (!node.visited) node.visited = true
    return node.value
  }

  /** Whether an entry of this size would be kept. */
  fits(bytes: number): boolean {
    return bytes <= this.#options.maxBytes * LARGEST_SHARE
  }

  /** Keeps a value instead of any other of this key. False when it is larger than an eighth of the limit: not kept. */
  set(key: string, value: V, { bytes, expiresAt, now }: EntryLimits): boolean {
    const former = this.#nodes.get(key)
    if (former !== undefined) this.#remove(former, 'replaced')
    if (!this.fits(bytes) || expiresAt <= now) return false
    this.#sweep(now)
    while (this.#bytes + bytes > this.#options.maxBytes) this.#evict(now)
    const node = new Node(key, value, { bytes, expiresAt })
    node.visited = former !== undefined
    node.linkBefore(this.#ring)
    this.#nodes.set(key, node)
    this.#bytes += bytes
    return true
  }

  /** Whether there was such an entry. */
  delete(key: string): boolean {
    const node = this.#nodes.get(key)
    if (node !== undefined) this.#remove(node, 'deleted')
    return node !== undefined
  }

  /** Deletes all entries. */
  clear(): void {
    for (const node of [...this.#nodes.values()]) this.delete(node.key)
  }

  #evict(now: number): void {
    let node = this.#hand === this.#ring ? this.#ring.newer : this.#hand
    while (node.visited && node.expiresAt > now) {
      node.visited = false
      node = node.newer === this.#ring ? this.#ring.newer : node.newer
    }
    this.#hand = node
    if (node.expiresAt <= now) return this.#remove(node, 'expired')
    this.#evictions++
    this.#remove(node, 'evicted')
  }

  #sweep(now: number): void {
    for (let looks = 0; looks < LOOKED_AT_PER_SET; looks++) {
      this.#broom = this.#broom.newer
      const node = this.#broom
      if (node !== this.#ring && node.expiresAt <= now) this.#remove(node, 'expired')
    }
  }

  #remove(node: Node<V>, reason: Removal): void {
    if (this.#hand === node) this.#hand = node.newer
    if (this.#broom === node) this.#broom = node.older
    node.unlink()
    this.#nodes.delete(node.key)
    this.#bytes -= node.bytes
    this.#options.onRemoved?.(node.key, node.value, reason)
  }
}

/** An entry in the ring of all entries, which a node of the ring's own opens and closes. */
class Node<V> {
  readonly key: string
  readonly value: V
  readonly bytes: number
  readonly expiresAt: number
  visited = false
  newer: Node<V> = this
  older: Node<V> = this

  constructor(key: string, value: V, { bytes, expiresAt }: Omit<EntryLimits, 'now'>) {
    this.key = key
    this.value = value
    this.bytes = bytes
    this.expiresAt = expiresAt
  }

  linkBefore(next: Node<V>): void {
    this.older = next.older
    this.newer = next
    next.older.newer = this
    next.older = this
  }

  unlink(): void {
    this.older.newer = this.newer
    this.newer.older = this.older
  }
}
