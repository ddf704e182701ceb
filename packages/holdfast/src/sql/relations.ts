import type { CatalogFacts, RelationFacts } from './catalog-facts.js'
import type { TableInfo } from './plan.js'

/** A relation that is, or is part of, an opted-in table. */
export interface Member {
  readonly table: TableInfo
  /** `pg_class.relfilenode`: another one after TRUNCATE and rewrites; 0 where there is no storage. */
  readonly fileNode: number
}

/** Relations by name and by family: partitions and inheritance children belong to their roots. */
export class Relations {
  /** The schemas that something is in. */
  readonly schemas: ReadonlySet<string>
  readonly #byOid: ReadonlyMap<number, RelationFacts>
  readonly #byName: ReadonlyMap<string, RelationFacts>
  readonly #system: ReadonlySet<string>
  readonly #searchPath: readonly string[]
  readonly #parents = new Map<number, number[]>()
  readonly #children = new Map<number, number[]>()

  constructor(facts: CatalogFacts) {
    this.schemas = new Set(facts.relations.map(({ schema }) => schema))
    this.#byOid = new Map(facts.relations.map(each => [each.oid, each]))
    this.#byName = new Map(facts.relations.map(each => [keyOf(each.schema, each.name), each]))
    this.#system = new Set(facts.systemRelations)
    this.#searchPath = facts.server.searchPath
    for (const [child, parent] of facts.inheritance) {
      add(this.#parents, child, parent)
      add(this.#children, parent, child)
    }
  }

  /** What a name means; `system` for the server's own catalogs. */
  resolve(schema: string | undefined, name: string): RelationFacts | 'system' | undefined {
    for (const each of schema === undefined ? this.#searchPath : [schema]) {
      const found = this.#inSchema(each, name, schema !== undefined)
      if (found !== undefined) return found
    }
    return undefined
  }

  #inSchema(schema: string, name: string, named: boolean): RelationFacts | 'system' | undefined {
    const isSystem = schema === 'information_schema' || /^pg_(?!temp)/.test(schema)
    if (isSystem && (named || (schema === 'pg_catalog' && this.#system.has(name)))) return 'system'
    return this.#byName.get(keyOf(schema, name))
  }

  /** The oids at the top of what a relation inherits from; itself when it inherits nothing. */
  rootsOf(oid: number): readonly number[] {
    const parents = this.#parents.get(oid) ?? []
    return parents.length === 0 ? [oid] : [...new Set(parents.flatMap(parent => this.rootsOf(parent)))]
  }

  /** A relation and everything that inherits from it. */
  familyOf(root: number): readonly RelationFacts[] {
    const found = new Set<number>([root])
    for (const oid of found) for (const child of this.#children.get(oid) ?? []) found.add(child)
    return [...found].flatMap(oid => this.#byOid.get(oid) ?? [])
  }

  byOid(oid: number): RelationFacts | undefined {
    return this.#byOid.get(oid)
  }

  /** The tables and all of their families, by oid. */
  membersOf(tables: readonly TableInfo[]): ReadonlyMap<number, Member> {
    const members = new Map<number, Member>()
    for (const table of tables) {
      for (const { oid, fileNode } of this.familyOf(table.oid)) members.set(oid, { table, fileNode })
    }
    return members
  }
}

function keyOf(schema: string, name: string): string {
  return `${schema}\0${name}`
}

function add(map: Map<number, number[]>, key: number, value: number): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
