import { type Begin, type Change, type End, type RegisterName, type Scope, tableOf } from './events.js'
import { Register, type WriteStory } from './register.js'

/** How many versions that were taken back are remembered. */
const REMEMBERED = 20_000

/** What the writes that are known so far have made of the registers. */
export class History {
  readonly #settle: number
  readonly #tables = new Map<string, Map<RegisterName, Register>>()
  /** Deletions of whole groups, by group. */
  readonly #deaths = new Map<string, WriteStory[]>()
  /** Versions that were taken back, each with its register. */
  readonly #taken = new Set<string>()
  /** Tables of which a lost write may have changed any row. */
  readonly #unsettledTables = new Set<string>()

  /** @param settle milliseconds after which a write whose outcome is unknown takes effect no more */
  constructor(settle: number) {
    this.#settle = settle
  }

  /** Takes in a write that has ended. */
  apply(begin: Begin, end: End): void {
    const { write, process, name, start } = begin
    const isCommitted = end.outcome === 'committed'
    const by = { write, process, name, start, end: isCommitted ? end.end : Number.POSITIVE_INFINITY }
    if (end.outcome === 'aborted') this.#takeBack(end.changes)
    else for (const change of end.changes) this.#register(change).add({ ...change, by })
    this.#takeBack(end.undone ?? [])
    // Changes that were told before the outcome was lost are all there are.
    const isUntold = end.outcome === 'unknown' && end.changes.length === 0
    if (isUntold) this.#leaveOpen(begin.scope, end.end + this.#settle)
    const cascades = isCommitted ? end.cascades : end.outcome === 'unknown' && begin.scope.cascades
    for (const group of cascades || []) this.#deathsOf(group).push(by)
  }

  /** The register, whether or not anything is known of it. */
  find(name: RegisterName): Register {
    return this.#tables.get(tableOf(name))?.get(name) ?? new Register(name)
  }

  /** Every register of a table of which anything is known. */
  table(name: string): Iterable<Register> {
    return this.#tables.get(name)?.values() ?? []
  }

  /** Whether somebody wrote this version and took it back. */
  wasTakenBack(register: RegisterName, version: number): boolean {
    return this.#taken.has(`${register} ${version}`)
  }

  /** Whether a write of unknown outcome may have given a register a version that nobody was told. */
  mayHaveUntoldVersion(register: Register): boolean {
    return register.unsettledUntil > 0 || this.#unsettledTables.has(tableOf(register.name))
  }

  /** The deletions that took, or may have taken, this register with its group. */
  deaths(register: Register): readonly WriteStory[] {
    if (this.#deaths.size === 0) return []
    const group = register.latest?.group
    return (typeof group === 'string' && this.#deaths.get(group)) || []
  }

  /** Forgets what no read that ends after this instant may show. */
  prune(before: number): void {
    for (const table of this.#tables.values()) {
      for (const [name, register] of table) {
        register.prune(before)
        if (register.isGone(before) || this.#diedBefore(register, before)) table.delete(name)
      }
    }
    for (const [group, deaths] of this.#deaths) {
      const kept = deaths.filter(({ end }) => end >= before)
      if (kept.length > 0) this.#deaths.set(group, kept)
      else this.#deaths.delete(group)
    }
  }

  /** Whether it was there before its group was deleted, and is therefore gone for good. */
  #diedBefore(register: Register, before: number): boolean {
    return this.deaths(register).some(({ start, end }) => end < before && register.firstAcknowledged < start)
  }

  /** The register, made when it is mentioned first. */
  #register({ register: name }: Pick<Change, 'register'>): Register {
    const key = tableOf(name)
    const table = this.#tables.get(key) ?? new Map<RegisterName, Register>()
    this.#tables.set(key, table)
    const register = table.get(name) ?? new Register(name)
    table.set(name, register)
    return register
  }

  #deathsOf(group: string): WriteStory[] {
    const deaths = this.#deaths.get(group) ?? []
    this.#deaths.set(group, deaths)
    return deaths
  }

  /** Nobody may see these from now on. */
  #takeBack(changes: readonly Change[]): void {
    for (const { register, version } of changes) this.#taken.add(`${register} ${version}`)
    // A set keeps the order of insertion: the oldest go first.
    for (const oldest of this.#taken) {
      if (this.#taken.size <= REMEMBERED) break
      this.#taken.delete(oldest)
    }
  }

  /** A write that told nothing may have changed all that it was aimed at, until it has settled. */
  #leaveOpen({ registers = [], tables = [] }: Scope, until: number): void {
    for (const name of registers) {
      const register = this.#register({ register: name })
      register.unsettledUntil = Math.max(register.unsettledUntil, until)
    }
    for (const table of tables) this.#unsettledTables.add(table)
  }
}
