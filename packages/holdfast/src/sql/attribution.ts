import type { Catalog, Relation } from './catalog.js'
import type { Findings } from './findings.js'
import { quoteIdentifier } from './identifier.js'
import { bodyOf, type Statement, type Tagged } from './parse.js'
import type { Attribution, KeyedColumn } from './plan.js'
import { type RangeVar, resolve } from './relation-read.js'

/** RETURNING knows `old` and `new` from this version on. */
const OLD_AND_NEW = 180_000
/** MERGE has RETURNING from this version on. */
const MERGE_RETURNING = 170_000

/** The fields of statements that write rows. */
interface RowWriter {
  readonly relation?: RangeVar & { readonly alias?: { readonly aliasname?: string } }
  readonly targetList?: readonly Tagged[]
  readonly whereClause?: Tagged
  readonly onConflictClause?: { readonly action?: string; readonly targetList?: readonly Tagged[] }
  readonly mergeWhenClauses?: readonly Tagged[]
  readonly returningClause?: { readonly options?: readonly Tagged[] }
}

/** A statement to attribute, in the text that it is alone in. */
export interface Attributable {
  readonly text: string
  readonly statement: Statement
  readonly findings: Findings
}

/** Which rows a statement wrote, by what it returns of them; `undefined` when that cannot be said of all of them. */
export function attributionOf(
  { text, statement, findings }: Attributable,
  catalog: Catalog,
): Attribution | undefined {
  const body: RowWriter = statement.body
  const relation = attributableRelation(body, catalog)
  const table = relation?.table
  if (relation === undefined || table === undefined || table.keyed.length === 0) return undefined
  // The same table in WITH too: those rows are not returned.
  if (findings.targets.filter(target => target.table === table).length !== 1) return undefined
  if (body.returningClause?.options !== undefined || isWholeTable(statement)) return undefined
  if (body.returningClause === undefined && !mayReturn(relation)) return undefined
  const qualifiers = qualifiersOf(statement, relation, catalog.server.version)
  if (qualifiers === undefined) return undefined
  const columns = table.keyed.flatMap(column => qualifiers.map(() => column))
  const hidden = table.keyed.flatMap(column =>
    qualifiers.map(name => `${name}.${quoteIdentifier(column.name)}`),
  )
  const hasReturning = body.returningClause !== undefined
  return Object.freeze({
    table,
    text: appended(text, statement.end, `${hasReturning ? ',' : 'RETURNING'} ${hidden.join(', ')}`),
    hasReturning,
    columns: Object.freeze(columns),
  })
}

/** A new line first: the statement may end in a comment. */
function appended(text: string, end: number, clause: string): string {
  return `${text.slice(0, end)}\n${clause}${text.slice(end)}`
}

/** The relation that is written, when what it returns is what was written. */
function attributableRelation({ relation }: RowWriter, catalog: Catalog): Relation | undefined {
  const found = relation === undefined ? undefined : resolve(relation, catalog)
  if (found === undefined || found === 'system') return undefined
  const { rules, kind, selectable } = found.facts
  // What may be written need not be what may be read: RETURNING would make the statement fail.
  if (!selectable) return undefined
  // A rule may do something else instead; a view's rows are those of other tables.
  return rules || !'rp'.includes(kind) ? undefined : found
}

/** RETURNING asks policies what one may see; a statement without it does not. */
function mayReturn({ facts }: Relation): boolean {
  return !facts.rowSecurity
}

/** Every row: the table counts as changed as a whole, and nobody wants to be sent all of it. */
function isWholeTable({ tag, body }: Statement): boolean {
  const isConditional = (body as RowWriter).whereClause !== undefined
  return (tag === 'UpdateStmt' || tag === 'DeleteStmt') && !isConditional
}

/** The names before the columns with which every value, old or new, is returned; `undefined`: not possible. */
function qualifiersOf({ tag, body }: Statement, relation: Relation, version: number): string[] | undefined {
  const { relation: target } = body as RowWriter
  const written = quoteIdentifier(target?.alias?.aliasname ?? target?.relname ?? '')
  if (tag === 'MergeStmt' && version < MERGE_RETURNING) return undefined
  const changed = updatesOf(tag, body)
  if (changed === undefined) return [written]
  if (version >= OLD_AND_NEW) return namesOldOrNew(body) ? undefined : ['old', 'new']
  const table = relation.table
  const isKeyed = (name: string) => table?.keyed.some((column: KeyedColumn) => column.name === name)
  return table?.hasBeforeTriggers || changed.some(isKeyed) ? undefined : [written]
}

/** The columns that existing rows are given new values for; `undefined` when the statement updates no rows. */
function updatesOf(tag: string, body: RowWriter): string[] | undefined {
  if (tag === 'UpdateStmt') return columnsIn(body.targetList)
  if (tag === 'MergeStmt') return (body.mergeWhenClauses ?? []).flatMap(mergeUpdates)
  return body.onConflictClause?.action === 'ONCONFLICT_UPDATE'
    ? columnsIn(body.onConflictClause.targetList)
    : undefined
}

function mergeUpdates(clause: Tagged): string[] {
  const { commandType, targetList } = bodyOf<{ commandType?: string; targetList?: Tagged[] }>(
    clause,
    'MergeWhenClause',
  ) ?? { targetList: [] }
  return commandType === 'CMD_UPDATE' ? columnsIn(targetList) : []
}

function columnsIn(targets: readonly Tagged[] = []): string[] {
  return targets.map(target => String(bodyOf(target, 'ResTarget')?.name))
}

/** Whether something in the statement is itself called `old` or `new`: those words then mean that. */
function namesOldOrNew(body: Tagged): boolean {
  return /"(?:aliasname|relname|ctename)":"(?:old|new)"/.test(JSON.stringify(body))
}
