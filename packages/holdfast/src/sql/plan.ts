/** A table whose reads may be cached, as the catalog knows it. Partitions count as their root. */
export interface TableInfo {
  /** `pg_class.oid` of the table; of the root for partitions and inheritance children. */
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** Columns by which rows can be told apart in tags; never empty names, ordered by usefulness (unique ones first). */
  readonly keyed: readonly KeyedColumn[]
  /** Why no read of it may be cached although it was opted in; of its partitions and children too. */
  readonly uncacheable: UncacheableReason | undefined
  /** A BEFORE row trigger may change what an UPDATE or INSERT writes. */
  readonly hasBeforeTriggers: boolean
  /** Short hash of the keyed columns and their types: processes that know different ones must notice. */
  readonly fingerprint: string
}

/** A column of a unique index or a foreign key, or a declared one, whose equality is byte equality of `canonical`. */
export interface KeyedColumn {
  /** In the root; partitions and children may count differently, and go by the name. */
  readonly attnum: number
  readonly name: string
  /** The type's name in `pg_catalog`; of an enum, `enum`. */
  readonly type: string
  /**
   * The one spelling of a value given in any of PostgreSQL's input spellings; `undefined` when it cannot tell, and
   * the caller then falls back to the coarser tag.
   */
  readonly canonical: (text: string) => string | undefined
}

/** What a column is compared with: a parameter by its number from 1, or a constant as text. */
export type Operand =
  | { readonly kind: 'parameter'; readonly index: number }
  | { readonly kind: 'constant'; readonly text: string }

/** One table that a query reads; constrained by an equality, or not. A table read twice stands here twice. */
export interface ReadDependency {
  readonly table: TableInfo
  readonly equality: { readonly column: KeyedColumn; readonly operand: Operand } | undefined
}

/** A single statement that changes no table, whatever its parameters. */
export interface ReadPlan {
  readonly kind: 'read'
  /** Opted-in tables that it reads, views expanded, partitions and children as their root. */
  readonly dependencies: readonly ReadDependency[]
  /** Policies of what it reads ask for claims. Without that, what it gives to an identity depends on the role alone. */
  readonly readsClaims: boolean
  /**
   * Why its result may not be kept: it reads a table that is not opted in, calls a function that is not immutable,
   * locks rows, … `undefined`: it may be kept. Stable words, see {@link UncacheableReason}.
   */
  readonly uncacheable: UncacheableReason | undefined
  /** A person's sentence that names what: the table, the function. */
  readonly detail: string | undefined
}

/** Why a read is not cached; stable, bounded: metrics use it as a label. */
export type UncacheableReason =
  | 'no-table'
  | 'table-not-opted-in'
  | 'row-level-security'
  | 'temporary-table'
  | 'foreign-table'
  | 'unlogged-table'
  | 'multiple-inheritance'
  | 'catalog-table'
  | 'not-immutable-function'
  | 'time-dependent'
  | 'row-locks'
  | 'writable-cte'
  | 'unknown-relation'
  | 'not-understood'
  | 'several-statements'
  | 'not-a-select'

/** A table written by a statement, with what its text says about which rows. */
export interface WriteTarget {
  readonly table: TableInfo
  readonly operation: 'insert' | 'update' | 'delete' | 'merge' | 'truncate' | 'copy' | 'refresh' | 'alter'
}

/**
 * How the values of the keyed columns of written rows are obtained: the statement returns them as hidden columns, each
 * of which stands for a keyed column's new or old value. NULL means no value: no equality finds it. The rows returned
 * are those that the statement itself wrote: what triggers and cascades did to the same table shows only in the
 * server's account, as more rows written than returned.
 */
export interface Attribution {
  readonly table: TableInfo
  /** The statement with the hidden columns at the end of its RETURNING list. */
  readonly text: string
  /** Whether the statement had a RETURNING list of its own: if not, it returns no rows to its caller. */
  readonly hasReturning: boolean
  /** The hidden columns, in order. A row's tags are those of all of them. */
  readonly columns: readonly KeyedColumn[]
}

/** A single statement that may change tables, and that can run inside a transaction block. */
export interface WritePlan {
  readonly kind: 'write'
  /** Opted-in tables named as targets (also in CTEs; for TRUNCATE … CASCADE those that reference them). */
  readonly targets: readonly WriteTarget[]
  /** How to learn which rows; `undefined`: not possible for this statement, all targets count as changed whole. */
  readonly attribution: Attribution | undefined
  /** Definitions change: the catalog must be read again and everything counts as changed. */
  readonly changesDefinitions: boolean
  /** As {@link SessionPlan.changesSession}. */
  readonly changesSession: boolean
}

/** Transaction control. `savepoint` covers SAVEPOINT, RELEASE and ROLLBACK TO. */
export interface ControlPlan {
  readonly kind: 'control'
  readonly action:
    | 'begin'
    | 'commit'
    | 'rollback'
    | 'savepoint'
    | 'prepare'
    | 'commit-prepared'
    | 'rollback-prepared'
  /** AND CHAIN: a new transaction begins at once. */
  readonly chain: boolean
}

/**
 * May write and cannot be wrapped in a transaction by us: several statements of which one controls transactions,
 * CALL, DO, statements that refuse transaction blocks. Everything opted in counts as changed, before and after.
 */
export interface OpaquePlan {
  readonly kind: 'opaque'
  /**
   * Also within a transaction, what was changed may become visible with it, or what it changes only with the COMMIT
   * itself: everything has to be marked before it, not before the COMMIT.
   */
  readonly markAtOnce: boolean
  readonly changesDefinitions: boolean
  /** As {@link SessionPlan.changesSession}; of code that may do anything, true. */
  readonly changesSession: boolean
  /** A person's sentence that says why. */
  readonly detail: string
}

/** Several statements in one text, none of which controls transactions. */
export interface BatchPlan {
  readonly kind: 'batch'
  /** False when all of them only read. */
  readonly mayWrite: boolean
  readonly targets: readonly WriteTarget[]
  readonly changesDefinitions: boolean
  /** As {@link SessionPlan.changesSession}. */
  readonly changesSession: boolean
}

/** Changes no table: SET, SHOW, LISTEN, EXPLAIN without ANALYZE, VACUUM, PREPARE of a read, … */
export interface SessionPlan {
  readonly kind: 'session'
  /** The connection's results may differ from others' from now on: SET (not LOCAL), CREATE TEMP, SET ROLE, … */
  readonly changesSession: boolean
}

/** What a text of SQL does. */
export type TextPlan = ReadPlan | WritePlan | ControlPlan | OpaquePlan | BatchPlan | SessionPlan
