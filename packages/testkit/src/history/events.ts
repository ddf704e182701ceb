/**
 * What is recorded of a run. A *register* is one row, named `table:key`. Its versions are numbers that the database
 * gives out in the writing transaction while the row is locked, so they rise in the order of the commits and are
 * never given out twice. Instants are {@link machineTime}.
 */
export type RegisterName = string

/** What a transaction made of a register. */
export interface Change {
  readonly register: RegisterName
  /** Greater than that of every earlier state of the register. */
  readonly version: number
  /** What it can be found by besides its key, for example `owner:3`; `null`: it is gone. */
  readonly group: string | null
}

/** What a write may change, told before it starts: all that is known of a write whose end nobody saw. */
export interface Scope {
  /** Any change of these. */
  readonly registers?: readonly RegisterName[]
  /** New versions of any rows of these tables, which neither vanish nor change their group. */
  readonly tables?: readonly string[]
  /** These groups may have been deleted with all their members. */
  readonly cascades?: readonly string[]
}

/** A write starts. */
export interface Begin {
  readonly kind: 'begin'
  /** Unique in the run. */
  readonly write: string
  readonly process: number
  /** What it does, for people. */
  readonly name: string
  /** Before it was sent anywhere. */
  readonly start: number
  readonly scope: Scope
}

/** `unknown`: whether it was committed was never heard. */
export type Outcome = 'committed' | 'aborted' | 'unknown'

/** A write has ended. */
export interface End {
  readonly kind: 'end'
  readonly write: string
  /** When its outcome was known to the one who had asked for it. */
  readonly end: number
  readonly outcome: Outcome
  /** What it made of each register, as far as that was heard. */
  readonly changes: readonly Change[]
  /** What it wrote and took back, or replaced itself: nobody may ever see it. */
  readonly undone?: readonly Change[]
  /** Groups that are gone for good, with all their members. */
  readonly cascades?: readonly string[]
  /** Why it was not committed for certain. */
  readonly error?: string
}

/** Where a result says it came from. */
export interface Origin {
  readonly status: string
  readonly tier?: string
  /** Milliseconds. */
  readonly age?: number
  /** Why it came from the database. */
  readonly reason?: string
}

/** A read and what it saw. */
export interface Read {
  readonly kind: 'read'
  readonly process: number
  /** The kind of read, for people. */
  readonly query: string
  readonly values: readonly unknown[]
  /** Before it was sent anywhere. */
  readonly start: number
  /** When its result was there. */
  readonly end: number
  /** The version of each register; `null`: it was not there. */
  readonly seen: Readonly<Record<RegisterName, number | null>>
  /** No other register of this table, or of this group of it, was there. */
  readonly complete?: { readonly table: string; readonly group?: string }
  /** The sum of the versions of a table whose rows never vanish. */
  readonly sum?: { readonly table: string; readonly total: number }
  /** What the reading transaction has itself made of registers and not committed yet. */
  readonly own?: Readonly<Record<RegisterName, number | null>>
  /** Absent: the reader knows of no cache. */
  readonly origin?: Origin
}

/** Everything that ended before this instant has been recorded by this process. */
export interface Mark {
  readonly kind: 'mark'
  readonly time: number
}

export type HistoryEvent = Begin | End | Read | Mark

/** The table of a register. */
export function tableOf(register: RegisterName): string {
  return register.slice(0, register.indexOf(':'))
}
