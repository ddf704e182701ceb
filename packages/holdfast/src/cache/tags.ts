/**
 * What stands for "unchanged since": compared, never ordered. From Redis a random text; within one process a number
 * that is never used twice.
 */
export type Stamp = string | number

/** What this process knows of one tag. */
export class Tag {
  readonly name: string
  /** The current stamp as far as known; `undefined` while unknown or marked, so that no entry can equal it. */
  stamp: Stamp | undefined = undefined
  /** Counts invalidations: an answer that was asked for before one must not be taken for current after it. */
  epoch = 0
  /** Entries and loads that refer to it. */
  users = 0
  /** Writes of this process under way. */
  marks = 0

  constructor(name: string) {
    this.name = name
  }
}

let lastStamp = 0

/** A stamp for use within this process. */
export function freshStamp(): Stamp {
  lastStamp += 1
  return lastStamp
}

/** The tags this process holds on to: those of entries, of loads and of writes under way. */
export class TagRegistry {
  readonly #tags = new Map<string, Tag>()

  get size(): number {
    return this.#tags.size
  }

  /** Holds tags; each is kept until it is {@link TagRegistry.letGo let go} as often. */
  hold(names: readonly string[]): Tag[] {
    return names.map(name => {
      const tag = this.#ensure(name)
      tag.users++
      return tag
    })
  }

  /** Holds tags that are held already, once more. */
  retain(tags: readonly Tag[]): void {
    for (const tag of tags) tag.users++
  }

  letGo(tags: readonly Tag[]): void {
    for (const tag of tags) {
      tag.users--
      this.#forgetUnused(tag)
    }
  }

  /** From now on no entry with these tags is current and no load may be kept, until {@link TagRegistry.release}. */
  mark(names: readonly string[]): Tag[] {
    return names.map(name => {
      const tag = this.#ensure(name)
      tag.marks++
      invalidate(tag)
      return tag
    })
  }

  release(tags: readonly Tag[]): void {
    for (const tag of tags) {
      tag.marks--
      invalidate(tag)
      this.#forgetUnused(tag)
    }
  }

  /** Somebody changed what the tag stands for. */
  invalidate(name: string): void {
    const tag = this.#tags.get(name)
    if (tag !== undefined) invalidate(tag)
  }

  /** Nothing that was known of any stamp holds any longer. */
  invalidateAll(): void {
    for (const tag of this.#tags.values()) invalidate(tag)
  }

  #ensure(name: string): Tag {
    const known = this.#tags.get(name)
    if (known !== undefined) return known
    const tag = new Tag(name)
    this.#tags.set(name, tag)
    return tag
  }

  #forgetUnused(tag: Tag): void {
    if (tag.users === 0 && tag.marks === 0 && this.#tags.get(tag.name) === tag) this.#tags.delete(tag.name)
  }
}

function invalidate(tag: Tag): void {
  tag.stamp = undefined
  tag.epoch++
}
