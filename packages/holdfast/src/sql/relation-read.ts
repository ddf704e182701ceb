import type { Catalog, Relation } from './catalog.js'
import { parse, type Tagged } from './parse.js'
import type { UncacheableReason } from './plan.js'
import { followPolicies } from './policies.js'
import type { Source } from './scope.js'
import { passInto } from './view-columns.js'
import type { Place, Walk, WithNames } from './walk.js'

/** The fields of a relation's name. */
export interface RangeVar {
  readonly catalogname?: string
  readonly schemaname?: string
  readonly relname?: string
  readonly relpersistence?: string
}

/** Views that show views that show views, further than anybody would go. */
const DEEPEST_VIEW = 32

/** Why relations of a kind are not cached; others are judged by their table. */
const BY_KIND: Readonly<Record<string, UncacheableReason>> = { f: 'foreign-table' }
const BY_PERSISTENCE: Readonly<Record<string, UncacheableReason>> = {
  u: 'unlogged-table',
  t: 'temporary-table',
}

/** Records that a relation is read, through views down to its tables, and gives what it is as an item of FROM. */
export function readRelation(body: RangeVar & Tagged, place: Place, walk: Walk): Source {
  const { schemaname, relname = '' } = body
  if (schemaname === undefined && isWithName(place.withNames, relname)) return source(undefined)
  const relation = resolve(body, place.catalog)
  if (relation === 'system') {
    place.findings.refuse('catalog-table', `${relname} is one of the server's own tables`)
    return source(undefined)
  }
  if (relation === undefined) {
    place.findings.refuse('unknown-relation', `${relname} is no relation that the cache knows`)
    return source(undefined)
  }
  if (relation.facts.kind === 'v') {
    const view = source(relation)
    readView(relation, view, { place, walk })
    return view
  }
  return readTable(relation, { place, walk })
}

/** What a name means, whether or not it is a table. */
export function resolve(
  { catalogname, schemaname, relname = '' }: RangeVar,
  catalog: Catalog,
): Relation | 'system' | undefined {
  if (catalogname !== undefined && catalogname !== catalog.server.databaseName) return undefined
  return catalog.resolve(schemaname, relname)
}

/** A name without a schema means the WITH query of that name first, from the inside out. */
function isWithName(names: WithNames | undefined, name: string): boolean {
  return names !== undefined && (names.names.has(name) || isWithName(names.outer, name))
}

/** An item whose rows are not those of one table; its columns are known where the relation is. */
function source(relation: Relation | undefined): Source {
  return { schema: relation?.facts.schema, columns: relation?.columns, read: undefined }
}

/** Walks the query of a view in its own world: it sees no WITH and no columns of the query that names it. */
function readView({ facts }: Relation, view: Source, { place, walk }: { place: Place; walk: Walk }): void {
  const { statements = [] } = parse(facts.definition ?? '')
  const [query] = statements
  if (query?.tag !== 'SelectStmt' || statements.length > 1 || place.depth >= DEEPEST_VIEW) {
    place.findings.refuse('not-understood', `The analysis does not understand the view ${facts.name}`)
    return
  }
  walk.enter(query.tag, query.body, {
    ...place,
    withNames: undefined,
    scope: undefined,
    depth: place.depth + 1,
  })
  passInto(view, query.body, place)
}

/** Records a read of a table, also of one that cannot be cached: whoever decides wants to know of all. */
function readTable(relation: Relation, { place, walk }: { place: Place; walk: Walk }): Source {
  const { findings } = place
  const { facts, table, columns } = relation
  const reason = BY_KIND[facts.kind] ?? BY_PERSISTENCE[facts.persistence]
  if (reason !== undefined)
    findings.refuse(reason, `${facts.name} is a table whose changes cannot be followed`)
  if (table === undefined) {
    findings.refuse('table-not-opted-in', `${facts.name} is not among the tables that are cached`)
    return source(relation)
  }
  if (table.uncacheable !== undefined) {
    findings.refuse(table.uncacheable, `${table.name} cannot be cached: ${table.uncacheable}`)
  }
  const read = { table, equalities: [] }
  findings.reads.push(read)
  followPolicies(table, place, walk)
  return { schema: facts.schema, columns, read }
}
