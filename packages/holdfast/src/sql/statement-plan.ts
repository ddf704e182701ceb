import type { Catalog } from './catalog.js'
import { controlPlan } from './control-plan.js'
import { DATA_PLANNERS } from './data-plan.js'
import { DEFINITION_PLANNERS } from './definition-plan.js'
import { writePlan } from './make-plan.js'
import type { Statement } from './parse.js'
import type { TextPlan } from './plan.js'
import type { Planner } from './planner.js'
import { SESSION_PLANNERS } from './session-plan.js'

const PLANNERS: ReadonlyMap<string, Planner> = new Map([
  ...Object.entries(DATA_PLANNERS),
  ...Object.entries(DEFINITION_PLANNERS),
  ...Object.entries(SESSION_PLANNERS),
  ['TransactionStmt', controlPlan],
])

/** What one statement of a text does. A type of statement that is not known counts as a change of definitions. */
export function statementPlan(text: string, statement: Statement, catalog: Catalog): TextPlan {
  const planner = PLANNERS.get(statement.tag)
  if (planner === undefined) return writePlan({ changesDefinitions: true })
  return planner(statement.body, {
    text,
    statement,
    catalog,
    plan: (tag, body) => statementPlan(text, { tag, body, end: statement.end }, catalog),
  })
}
