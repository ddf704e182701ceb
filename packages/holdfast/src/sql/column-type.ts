import { canonicalOf } from './canonical.js'
import type { CatalogFacts, ColumnFacts, TypeFacts } from './catalog-facts.js'

/** What is known of a column's type. */
export interface ColumnType {
  /** The name in `pg_catalog`, or `enum`: what {@link canonicalOf} takes; anything else says only what it is not. */
  readonly type: string
  /** Values of one family that have one canonical spelling are equal under `=`; `undefined`: no such promise. */
  readonly family: string | undefined
}

/** Types that compare with each other as one. */
const FAMILIES: Readonly<Record<string, string>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  text: 'text',
  varchar: 'text',
}

/** Types of columns and of casts, as far as their equality is byte equality of a canonical spelling. */
export class ColumnTypes {
  readonly #byOid = new Map<number, ColumnType>()
  readonly #enums = new Map<string, string>()
  readonly #searchPath: readonly string[]

  constructor(facts: CatalogFacts) {
    this.#searchPath = facts.server.searchPath
    // An operator `=` of a user's own may mean anything for the types that it takes.
    const redefined = new Set(facts.equalityTypes)
    for (const type of facts.types) {
      const known = typeOf(type)
      if (known === undefined || redefined.has(type.oid)) continue
      this.#byOid.set(type.oid, known)
      if (type.kind === 'e' && known.family !== undefined)
        this.#enums.set(`${type.schema}.${type.name}`, known.family)
    }
  }

  /** The type of a column. */
  of([, , oid, deterministic]: ColumnFacts): ColumnType {
    const known = this.#byOid.get(oid)
    if (known === undefined) return { type: `other ${oid}`, family: undefined }
    return deterministic ? known : { type: known.type, family: undefined }
  }

  /** The family of a type by its name, as in a cast; `undefined` when it has none. */
  named(schema: string | undefined, name: string): string | undefined {
    if ((schema === undefined || schema === 'pg_catalog') && this.#builtinsComeFirst()) {
      if (name !== 'enum' && canonicalOf(name) !== undefined) return FAMILIES[name] ?? name
    }
    const schemas = schema === undefined ? this.#searchPath : [schema]
    for (const each of schemas) {
      const family = this.#enums.get(`${each}.${name}`)
      if (family !== undefined) return family
    }
    return undefined
  }

  /** With `pg_catalog` later in the path, `int4` could be somebody's type of that name. */
  #builtinsComeFirst(): boolean {
    return this.#searchPath.find(schema => !schema.startsWith('pg_temp')) === 'pg_catalog'
  }
}

function typeOf({ oid, schema, name, kind }: TypeFacts): ColumnType | undefined {
  if (kind === 'e') return { type: 'enum', family: `enum ${oid}` }
  if (schema !== 'pg_catalog' || name === 'enum' || canonicalOf(name) === undefined) return undefined
  return { type: name, family: FAMILIES[name] ?? name }
}
