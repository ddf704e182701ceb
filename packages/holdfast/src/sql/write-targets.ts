import { Findings } from './findings.js'
import type { Tagged } from './parse.js'
import type { WriteTarget } from './plan.js'
import { type RangeVar, readRelation, resolve } from './relation-read.js'
import type { Handler, Place, Walk } from './walk.js'
import { withClause } from './with-clause.js'

export type Operation = WriteTarget['operation']

/** Records that a relation is written; a view stands for the tables that it shows. */
export function addTarget(
  range: RangeVar,
  operation: Operation,
  { place, walk }: { place: Place; walk: Walk },
): void {
  place.findings.writes = true
  const relation = resolve(range, place.catalog)
  if (relation === undefined || relation === 'system') {
    place.findings.writesUnknown = true
    return
  }
  if (!place.catalog.isIsolated(relation.facts.oid)) place.findings.writesUnknown = true
  if (relation.facts.kind === 'v') {
    const shown = new Findings()
    readRelation(range as Tagged, { ...place, withNames: undefined, findings: shown }, walk)
    for (const table of new Set(shown.reads.map(read => read.table)))
      place.findings.target({ table, operation })
  } else if (relation.table !== undefined) {
    place.findings.target({ table: relation.table, operation })
  }
}

/** Statements that write rows, alone or in WITH. */
function rowWriter(tag: string, operation: Operation): Handler {
  return (body, outside, walk) => {
    const place = { ...outside, withNames: withClause(body.withClause, outside, walk), scope: undefined }
    addTarget(body.relation as RangeVar, operation, { place, walk })
    walk.fields(tag, body, { ...place, except: ['withClause'] })
  }
}

/** What to do at the statements that write rows. */
export const WRITE_HANDLERS: Readonly<Record<string, Handler>> = {
  DeleteStmt: rowWriter('DeleteStmt', 'delete'),
  InsertStmt: rowWriter('InsertStmt', 'insert'),
  MergeStmt: rowWriter('MergeStmt', 'merge'),
  UpdateStmt: rowWriter('UpdateStmt', 'update'),
}
