import type { Catalog } from './catalog.js'
import { Constraints } from './constraints.js'
import { EXPRESSION_HANDLERS } from './expression-handlers.js'
import { Findings } from './findings.js'
import type { Tagged } from './parse.js'
import { readRelation } from './relation-read.js'
import { selectHandler } from './select-handler.js'
import { type Handler, type Place, Walk } from './walk.js'
import { WRITE_HANDLERS } from './write-targets.js'

const relation: Handler = (body, place, walk) => void readRelation(body, place, walk)

const sample: Handler = (body, place, walk) => {
  place.findings.refuse('not-immutable-function', 'TABLESAMPLE draws other rows each time')
  walk.fields('RangeTableSample', body, place)
}

/** Knows every type of node of which more has to be known than its fields. */
export const WALK = new Walk({
  ...EXPRESSION_HANDLERS,
  ...WRITE_HANDLERS,
  RangeTableSample: sample,
  RangeVar: relation,
  SelectStmt: selectHandler,
})

/** The outermost place of a statement. */
export function outermost(catalog: Catalog, findings = new Findings()): Place {
  if (catalog.castsUnasked) {
    const detail = 'The database has implicit casts by functions that are not immutable'
    findings.refuse('not-immutable-function', detail)
  }
  return {
    catalog,
    findings,
    constraints: new Constraints(catalog),
    withNames: undefined,
    scope: undefined,
    depth: 0,
  }
}

/** What a query, or a statement that writes rows, reads, writes and calls. */
export function findingsOf(tag: string, body: Tagged, catalog: Catalog): Findings {
  const place = outermost(catalog)
  WALK.enter(tag, body, place)
  place.constraints.settle()
  return place.findings
}
