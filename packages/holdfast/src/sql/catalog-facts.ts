/** What is read from the server's catalogs, as it comes: see `catalog-queries` for where each value is from. */
export interface CatalogFacts {
  readonly server: ServerFacts
  readonly relations: readonly RelationFacts[]
  /** Names in `pg_catalog`, which stands before everything else in the search path. */
  readonly systemRelations: readonly string[]
  readonly types: readonly TypeFacts[]
  /** Child and parent, of partitions and of inheritance. */
  readonly inheritance: readonly (readonly [child: number, parent: number])[]
  readonly uniqueIndexes: readonly UniqueIndexFacts[]
  readonly foreignKeys: readonly ForeignKey[]
  /** Tables with an enabled BEFORE trigger on rows. */
  readonly beforeTriggers: readonly number[]
  /** Some trigger of a user may wait for the end of the transaction. */
  readonly deferrableTriggers: boolean
  readonly functions: readonly FunctionFacts[]
  /** PostgreSQL's own functions, `name:v` separated by blanks; v is the worst volatility of the name. */
  readonly builtins: string
  /** Names of operators that users have made of functions that are not immutable. */
  readonly operators: readonly string[]
  /** Types for which users have made an operator `=` of their own. */
  readonly equalityTypes: readonly number[]
  /** Casts by functions of users that are not immutable: the target type's name, and whether they happen unasked. */
  readonly casts: readonly (readonly [target: string, implicit: boolean])[]
}

/** The server, the database and the settings that a connection starts with. */
export interface ServerFacts {
  /** `server_version_num`: 180004. */
  readonly version: number
  /** `pg_database.oid`. */
  readonly databaseOid: number
  readonly databaseName: string
  /** Tells servers apart that were not copied from each other; `undefined` without the right to ask. */
  readonly systemIdentifier: string | undefined
  /** Grows with each promotion and each restore; `undefined` without the right to ask. */
  readonly timeline: number | undefined
  /** `current_schemas(true)`: with `pg_catalog`. */
  readonly searchPath: readonly string[]
  /** Settings that change how values are read and written as text, or what functions answer. */
  readonly settings: Readonly<Record<string, string>>
  /** `track_counts`: without it the server cannot say which tables a transaction has changed. */
  readonly trackCounts: boolean
}

/** A relation of any kind that a query can name, outside of the system's schemas. */
export interface RelationFacts {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `pg_class.relkind`: r table, p partitioned, v view, m materialized view, f foreign, S sequence. */
  readonly kind: string
  /** `pg_class.relpersistence`: p permanent, u unlogged, t temporary. */
  readonly persistence: string
  readonly rowSecurity: boolean
  /** With row security: the conditions of the policies for SELECT, as SQL under the same search path. */
  readonly policies?: readonly string[] | null
  /** One of its policies reads another table. */
  readonly policiesLookElsewhere: boolean
  /** Row security holds for the owner too. */
  readonly forceRowSecurity: boolean
  /** `pg_class.relfilenode`: another one after TRUNCATE and rewrites; 0 where there is no storage. */
  readonly fileNode: number
  /** Whether the role that read the catalog may read all of it: RETURNING needs that. */
  readonly selectable: boolean
  /** Writing to it may run code of users: triggers, defaults and checks that call their functions, policies. */
  readonly reachesOut: boolean
  /** It has rules other than the one that makes it a view. */
  readonly rules: boolean
  /** The text of a view, as `pg_get_viewdef` gives it under the same search path. */
  readonly definition: string | null
  readonly columns: readonly ColumnFacts[]
}

/** A column: name, number, type, whether its text compares byte by byte, whether it is generated. */
export type ColumnFacts = readonly [
  name: string,
  attnum: number,
  type: number,
  deterministic: boolean,
  generated: boolean,
]

/** A type that some column has. */
export interface TypeFacts {
  readonly oid: number
  readonly schema: string
  readonly name: string
  /** `pg_type.typtype`: b base, e enum, d domain, … */
  readonly kind: string
}

/** A unique index, with the numbers of its key columns; 0 for an expression. */
export interface UniqueIndexFacts {
  readonly table: number
  readonly columns: readonly number[]
  /** It holds for some rows only. */
  readonly partial: boolean
}

/** What becomes of a referencing row: `a` nothing, `r` refused, `c` cascade, `n` set null, `d` set default. */
export type ReferentialAction = 'a' | 'r' | 'c' | 'n' | 'd'

/** A foreign key between two tables. */
export interface ForeignKey {
  readonly from: number
  readonly to: number
  /** Column numbers in `from` and in `to`. */
  readonly columns: readonly number[]
  readonly targetColumns: readonly number[]
  readonly onDelete: ReferentialAction
  readonly onUpdate: ReferentialAction
}

/** A function, aggregate or window function that does not come with PostgreSQL; the worst of its overloads. */
export interface FunctionFacts {
  readonly schema: string
  readonly name: string
  /** Of the function and of what an aggregate is made of. */
  readonly volatility: Volatility
  /** It might change tables: not immutable, and not both stable and written in C. */
  readonly mayWrite: boolean
  /** The queries that all of its overloads are made of; absent when one of them cannot be followed. */
  readonly bodies?: readonly string[] | null
}

/** `pg_proc.provolatile`: immutable, stable, volatile. */
export type Volatility = 'i' | 's' | 'v'
