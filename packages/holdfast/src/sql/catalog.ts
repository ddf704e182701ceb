import { createHash } from 'node:crypto'
import type {
  CatalogFacts,
  ForeignKey,
  FunctionFacts,
  ReferentialAction,
  RelationFacts,
  ServerFacts,
} from './catalog-facts.js'
import { CONTROL_QUERY, FUNCTIONS_QUERY, RELATIONS_QUERY, SERVER_QUERY } from './catalog-queries.js'
import { type CatalogOptions, optTablesIn, tablesNamed } from './catalog-tables.js'
import { type ColumnType, ColumnTypes } from './column-type.js'
import { quoteIdentifier } from './identifier.js'
import type { TableInfo } from './plan.js'
import { type Member, Relations } from './relations.js'

/** A relation as a query names it. */
export interface Relation {
  readonly facts: RelationFacts
  /** In the order of the table; without dropped ones. */
  readonly columns: ReadonlyMap<string, ColumnType>
  /** The opted-in table whose rows these are. */
  readonly table: TableInfo | undefined
}

/**
 * What the analysis of SQL has to know of a database, as of one instant. Never changes: after a change of definitions
 * another one is loaded.
 */
export class Catalog {
  readonly server: ServerFacts
  /** The opted-in tables. */
  readonly tables: readonly TableInfo[]
  /** By `pg_class.oid`: the opted-in tables, their partitions and their children. */
  readonly members: ReadonlyMap<number, Member>
  /** All foreign keys of the database. */
  readonly foreignKeys: readonly ForeignKey[]
  readonly types: ColumnTypes
  /** Some trigger may write when its transaction commits. */
  readonly deferrableTriggers: boolean
  /** Short hash of everything that decides what a text means: another one after a change of definitions. */
  readonly fingerprint: string
  /** What policies read counts as read by the query. */
  readonly followsPolicies: boolean
  /** The same for queries under an identity; only where it was asked for. */
  readonly underIdentity: Catalog | undefined
  readonly #relations: Relations
  readonly #functions = new Map<string, FunctionFacts[]>()
  readonly #builtins = new Map<string, string>()
  readonly #operators: ReadonlySet<string>
  readonly #casts: ReadonlySet<string>
  readonly #castsUnasked: boolean

  /** @throws OptionsError for a table or column that does not exist */
  constructor(facts: CatalogFacts, options: CatalogOptions) {
    this.server = Object.freeze(facts.server)
    this.foreignKeys = facts.foreignKeys
    this.fingerprint = fingerprintOf(facts)
    this.deferrableTriggers = facts.deferrableTriggers
    this.types = new ColumnTypes(facts)
    this.#relations = new Relations(facts)
    this.tables = optTablesIn({ facts, relations: this.#relations, types: this.types }, options)
    this.members = this.#relations.membersOf(this.tables)
    for (const each of facts.functions) this.#functions.set(each.name, [...this.functions(each.name), each])
    for (const pair of facts.builtins.split(' ')) {
      const [name = '', volatility = ''] = pair.split(':')
      this.#builtins.set(name, volatility)
    }
    this.#operators = new Set(facts.operators)
    this.#casts = new Set(facts.casts.map(([target]) => target))
    this.#castsUnasked = facts.casts.some(([, implicit]) => implicit)
    this.followsPolicies = options.followsPolicies === true
    this.underIdentity = options.identities
      ? new Catalog(facts, { ...options, identities: false, followsPolicies: true })
      : undefined
  }

  /**
   * Whether writing to a table changes no opted-in one: it is none itself, runs no code of users, and no foreign key
   * hands its changes on to a table of which this does not hold.
   */
  isIsolated(oid: number, asked: ReadonlySet<number> = new Set()): boolean {
    const facts = this.#relations.byOid(oid)
    if (facts === undefined || facts.kind !== 'r' || facts.reachesOut || facts.rules) return false
    if (this.members.has(oid) || this.#relations.familyOf(oid).length > 1) return false
    if (this.#relations.rootsOf(oid)[0] !== oid) return false
    const handsOn = this.foreignKeys.filter(
      key => key.to === oid && !(isPassive(key.onDelete) && isPassive(key.onUpdate)),
    )
    const next = new Set([...asked, oid])
    return handsOn.every(({ from }) => next.has(from) || this.isIsolated(from, next))
  }

  /** What a name means under the search path; `system` for the server's own catalogs; `undefined`: nothing known. */
  resolve(schema: string | undefined, name: string): Relation | 'system' | undefined {
    const facts = this.#relations.resolve(schema, name)
    if (facts === undefined || facts === 'system') return facts
    const columns = new Map(facts.columns.map(column => [column[0], this.types.of(column)]))
    return { facts, columns, table: this.members.get(facts.oid)?.table }
  }

  /** The opted-in tables that a name of {@link CatalogOptions.tables} stands for. */
  named(name: string): readonly TableInfo[] {
    const oids = tablesNamed(this.#relations, name)
    return this.tables.filter(({ oid }) => oids.includes(oid))
  }

  /** The policies for reading a table, its partitions and children, each as the query that it amounts to. */
  policiesOf(oid: number): readonly string[] {
    return this.#relations.familyOf(oid).flatMap(({ schema, name, policies }) => {
      const from = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
      return (policies ?? []).map(condition => `SELECT 1 FROM ${from} WHERE ${condition}`)
    })
  }

  /**
   * Whether names may mean other relations to a role than to the user who read the catalog, because "$user" is in the
   * search path and one of the two has a schema of its own name.
   */
  namesDiffer(role: string): boolean {
    const { searchPath, settings } = this.server
    const written = (settings.search_path ?? '').split(',').map(name => name.trim().replaceAll('"', ''))
    if (!written.includes('$user')) return false
    const isOfUser = (name: string) => !name.startsWith('pg_') && !written.includes(name)
    return this.#relations.schemas.has(role) || searchPath.some(isOfUser)
  }

  /** The oids of the roots of a relation: itself when it is no partition and inherits nothing. */
  rootsOf(oid: number): readonly number[] {
    return this.#relations.rootsOf(oid)
  }

  /** Functions of a name that do not come with PostgreSQL, in any schema. */
  functions(name: string): readonly FunctionFacts[] {
    return this.#functions.get(name) ?? []
  }

  /** The worst volatility of PostgreSQL's own functions of a name. */
  builtin(name: string): string | undefined {
    return this.#builtins.get(name)
  }

  /** Whether a user has made an operator of this name of a function that is not immutable. */
  isVolatileOperator(name: string): boolean {
    return this.#operators.has(name)
  }

  /** Whether a cast to this type may call a function that is not immutable. */
  isVolatileCast(type: string): boolean {
    return this.#casts.has(type)
  }

  /** Whether such a cast may happen without being written. */
  get castsUnasked(): boolean {
    return this.#castsUnasked
  }
}

/** Whether a foreign key only refuses. */
function isPassive(action: ReferentialAction): boolean {
  return action === 'a' || action === 'r'
}

/** Where rows are stored is no definition: TRUNCATE changes it. */
function fingerprintOf({ server: _, ...definitions }: CatalogFacts): string {
  const relations = definitions.relations.map(({ fileNode: _node, ...relation }) => relation)
  return createHash('sha256')
    .update(JSON.stringify({ ...definitions, relations }))
    .digest('base64url')
    .slice(0, 10)
}

/** Runs one statement. Rows are read by the names of their columns. */
export type CatalogQuery = (
  text: string,
  values?: unknown[],
) => Promise<{ rows: readonly Record<string, unknown>[] }>

/**
 * Reads the catalog of the database in four statements, each a consistent picture of its own. It must run outside
 * of a transaction, or in one that nobody minds being aborted.
 *
 * @throws OptionsError for a table or column that does not exist, and whatever `query` throws
 */
export async function loadCatalog(query: CatalogQuery, options: CatalogOptions): Promise<Catalog> {
  const { mayAskControl, ...server } = await factsOf<ServerFacts & { mayAskControl: boolean }>(
    query,
    SERVER_QUERY,
  )
  const unknown = { systemIdentifier: undefined, timeline: undefined }
  const control = mayAskControl ? await factsOf<typeof unknown>(query, CONTROL_QUERY) : unknown
  const relations = await factsOf<CatalogFacts>(query, RELATIONS_QUERY)
  const functions = await factsOf<CatalogFacts>(query, FUNCTIONS_QUERY)
  return new Catalog({ ...relations, ...functions, server: { ...server, ...control } }, options)
}

/** The one value of JSON text that each query gives; as text it does not depend on the caller's type parsers. */
async function factsOf<Facts>(query: CatalogQuery, text: string): Promise<Facts> {
  const { rows } = await query(text)
  return JSON.parse(String(rows[0]?.facts)) as Facts
}
