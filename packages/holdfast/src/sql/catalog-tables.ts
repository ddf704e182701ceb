import { createHash } from 'node:crypto'
import { OptionsError } from '../base/errors.js'
import { canonicalOf } from './canonical.js'
import type { CatalogFacts, ColumnFacts, RelationFacts } from './catalog-facts.js'
import type { ColumnTypes } from './column-type.js'
import type { KeyedColumn, TableInfo, UncacheableReason } from './plan.js'
import type { Relations } from './relations.js'

/** Which tables may be cached. */
export interface CatalogOptions {
  /**
   * Names as they are in the catalog, `users` or `public.users`, looked up in the search path; a name with a dot in
   * it stands in double quotes. A partition or a child stands for the whole table that it belongs to.
   */
  readonly tables: readonly string[]
  /** Columns besides those of unique indexes and foreign keys by which rows are told apart, by the table's name. */
  readonly keyed?: Readonly<Record<string, readonly string[]>>
  /**
   * What row-level security lets the user see depends on nothing but what is part of every key: tables with policies
   * that look at no other table may be cached. Default: false.
   */
  readonly rowSecurityDeclared?: boolean
  /** Makes {@link Catalog.underIdentity} too. Default: false. */
  readonly identities?: boolean
  /** Who asks is part of every key; what policies read counts as read by the query. Default: false. */
  readonly followsPolicies?: boolean
}

interface Sources {
  readonly facts: CatalogFacts
  readonly relations: Relations
  readonly types: ColumnTypes
}

/** The opted-in tables, each once. Throws OptionsError for names that do not exist or are no tables. */
export function optTablesIn(sources: Sources, options: CatalogOptions): readonly TableInfo[] {
  const declared = new Map<number, string[]>()
  for (const name of options.tables) {
    for (const root of rootsNamed(sources, name, `cache.tables.${name}`)) declared.set(root.oid, [])
  }
  for (const [name, columns] of Object.entries(options.keyed ?? {})) {
    for (const root of rootsNamed(sources, name, `cache.tables.${name}.keys`)) {
      const wanted = declared.get(root.oid)
      if (wanted === undefined)
        throw new OptionsError(`cache.tables.${name}.keys`, 'a table of `cache.tables`', `"${name}"`)
      checkColumns({ root, columns, path: `cache.tables.${name}.keys` }, sources.types)
      wanted.push(...columns)
    }
  }
  const secure = options.rowSecurityDeclared === true
  const followed = options.followsPolicies === true
  return Object.freeze(
    [...declared].map(([oid, columns]) => tableOf(sources, oid, { columns, secure, followed })),
  )
}

/** The tables that a name stands for: the roots of what it names. */
function rootsNamed({ relations }: Sources, name: string, path: string): RelationFacts[] {
  const parts = partsOf(name)
  const found = parts === undefined ? undefined : relations.resolve(parts.schema, parts.table)
  if (found === undefined) throw new OptionsError(path, 'the name of a table that exists', `"${name}"`)
  if (found === 'system' || !'rpmf'.includes(found.kind)) {
    throw new OptionsError(path, 'a table or a materialized view', `"${name}", which is something else`)
  }
  return relations.rootsOf(found.oid).flatMap(oid => relations.byOid(oid) ?? [])
}

/** The oids of the tables that a name stands for; none when it names nothing. */
export function tablesNamed(relations: Relations, name: string): readonly number[] {
  const parts = partsOf(name)
  const found = parts === undefined ? undefined : relations.resolve(parts.schema, parts.table)
  return found === undefined || found === 'system' ? [] : relations.rootsOf(found.oid)
}

/** Splits `schema.table` where the dot is not inside of double quotes. */
function partsOf(name: string): { schema: string | undefined; table: string } | undefined {
  const match = /^(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)$/.exec(name)
  if (match === null) return undefined
  const [schema, table = ''] = match.slice(1).map(part => part && unquote(part))
  return { schema, table }
}

function unquote(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part
}

interface DeclaredColumns {
  readonly root: RelationFacts
  readonly columns: readonly string[]
  readonly path: string
}

function checkColumns({ root, columns, path }: DeclaredColumns, types: ColumnTypes): void {
  for (const [index, name] of columns.entries()) {
    const column = root.columns.find(each => each[0] === name)
    const given = `"${name}"`
    if (column === undefined) throw new OptionsError(`${path}[${index}]`, `a column of ${root.name}`, given)
    if (keyedColumn(column, types) === undefined) {
      const expected =
        'a column whose type compares byte by byte (integers, uuid, boolean, enum, date, bytea, text)'
      throw new OptionsError(`${path}[${index}]`, expected, given)
    }
  }
}

function tableOf(
  sources: Sources,
  oid: number,
  { columns: declared, ...policies }: Policies & { columns: readonly string[] },
): TableInfo {
  const { facts, relations, types } = sources
  const family = relations.familyOf(oid)
  const root = relations.byOid(oid)
  const keyed = keyedNumbers(facts, oid, root?.columns.filter(column => declared.includes(column[0])) ?? [])
    .map(attnum => root?.columns.find(column => column[1] === attnum))
    .flatMap(column => (column === undefined ? [] : (keyedColumn(column, types) ?? [])))
  return Object.freeze({
    oid,
    schema: root?.schema ?? '',
    name: root?.name ?? '',
    keyed: Object.freeze(keyed),
    uncacheable: reasonOf(family, { relations, ...policies }),
    hasBeforeTriggers: family.some(member => facts.beforeTriggers.includes(member.oid)),
    fingerprint: fingerprintOf(keyed),
  })
}

/** Column numbers by usefulness: what is unique alone, declared ones, members of unique indexes, foreign keys. */
function keyedNumbers(facts: CatalogFacts, oid: number, declared: readonly ColumnFacts[]): number[] {
  const indexes = facts.uniqueIndexes.filter(index => index.table === oid)
  const alone = indexes.filter(index => index.columns.length === 1 && !index.partial)
  return [
    ...new Set([
      ...alone.flatMap(index => index.columns),
      ...declared.map(column => column[1]),
      ...indexes.flatMap(index => index.columns),
      ...facts.foreignKeys.filter(key => key.from === oid).flatMap(key => key.columns),
    ]),
  ]
}

/** A generated column changes without being assigned, so that the attribution of an UPDATE could miss it. */
function keyedColumn(column: ColumnFacts, types: ColumnTypes): KeyedColumn | undefined {
  const [name, attnum, , , generated] = column
  const { type, family } = types.of(column)
  const canonical = canonicalOf(type)
  if (canonical === undefined || family === undefined || generated) return undefined
  return Object.freeze({ name, attnum, type, canonical })
}

/** How row-level security is dealt with; see {@link CatalogOptions}. */
interface Policies {
  readonly secure: boolean
  readonly followed: boolean
}

/** Why no read of a table may be cached: what holds for one partition or child holds for all of them. */
function reasonOf(
  family: readonly RelationFacts[],
  { relations, secure, followed }: Policies & { relations: Relations },
): UncacheableReason | undefined {
  if (family.some(member => member.kind === 'f')) return 'foreign-table'
  if (family.some(member => member.persistence === 't')) return 'temporary-table'
  if (family.some(member => member.persistence === 'u')) return 'unlogged-table'
  if (family.some(member => relations.rootsOf(member.oid).length > 1)) return 'multiple-inheritance'
  // Its policies are looked at when it is read.
  if (followed) return undefined
  const hidden = family.filter(member => member.rowSecurity)
  return hidden.some(member => !secure || member.policiesLookElsewhere) ? 'row-level-security' : undefined
}

function fingerprintOf(keyed: readonly KeyedColumn[]): string {
  const columns = keyed.map(({ name, type }) => [name, type]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(columns)).digest('hex').slice(0, 12)
}
