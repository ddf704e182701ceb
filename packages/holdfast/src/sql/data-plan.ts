import { attributionOf } from './attribution.js'
import { Findings } from './findings.js'
import { queryPlan, sessionPlan, writePlan } from './make-plan.js'
import type { Tagged } from './parse.js'
import { untag } from './parse.js'
import { isOptionOn, type Planner } from './planner.js'
import { findingsOf, outermost, WALK } from './read-dependencies.js'
import { type RangeVar, readRelation } from './relation-read.js'
import { truncatedTables } from './truncated-tables.js'
import { addTarget } from './write-targets.js'

/** SELECT, also one that writes: by functions, in WITH, or INTO a new table. */
const select: Planner = (body, { catalog }) => {
  const findings = findingsOf('SelectStmt', body, catalog)
  const into = intoOf(body)
  if (into === undefined) return queryPlan(findings)
  return newTablePlan(findings, isTemporary(into))
}

/** The table that SELECT INTO makes; in a combination it stands in the leftmost query. */
function intoOf(body: Tagged): RangeVar | undefined {
  const { intoClause, larg } = body as { intoClause?: { rel?: RangeVar }; larg?: Tagged }
  return intoClause?.rel ?? (larg === undefined ? undefined : intoOf(larg))
}

/** A temporary table is the session's own; another one changes the definitions. */
function newTablePlan({ targets, mayWrite, changesSession }: Findings, temporary: boolean) {
  if (!temporary) return writePlan({ targets, changesDefinitions: true, changesSession })
  return targets.length > 0 || mayWrite ? writePlan({ targets, changesSession: true }) : sessionPlan(true)
}

/** Whether a new relation is of the session only. */
export function isTemporary(relation: RangeVar | undefined): boolean {
  return relation?.relpersistence === 't' || relation?.schemaname === 'pg_temp'
}

/** CREATE TABLE … AS, CREATE MATERIALIZED VIEW. */
const createTableAs: Planner = (body, { catalog }) => {
  const query = untag(body.query)
  const { rel } = (body.into ?? {}) as { rel?: RangeVar }
  const findings = query?.[0] === 'SelectStmt' ? findingsOf(query[0], query[1], catalog) : new Findings()
  // EXECUTE: a prepared statement, whose text is not here.
  if (query?.[0] !== 'SelectStmt') findings.mayWrite = true
  return newTablePlan(findings, isTemporary(rel))
}

/** Whether all that is written is certainly elsewhere than in opted-in tables. */
function isElsewhere({ writesUnknown, mayWrite, targets }: Findings): boolean {
  return !(writesUnknown || mayWrite || targets.length > 0)
}

/** INSERT, UPDATE, DELETE and MERGE: the only statements whose rows can be attributed. */
const rowWriter: Planner = (body, { text, statement, catalog }) => {
  const findings = findingsOf(statement.tag, body, catalog)
  if (isElsewhere(findings)) return sessionPlan(findings.changesSession)
  const attribution = attributionOf({ text, statement, findings }, catalog)
  return writePlan({ targets: findings.targets, attribution, changesSession: findings.changesSession })
}

const truncate: Planner = (body, { catalog }) =>
  writePlan({ targets: truncatedTables(body, catalog).map(table => ({ table, operation: 'truncate' })) })

/** A materialized view that is cached is a table which nothing but this writes. */
const refresh: Planner = (body, { catalog }) => {
  const place = outermost(catalog)
  addTarget((body.relation ?? {}) as RangeVar, 'refresh', { place, walk: WALK })
  return writePlan({ targets: place.findings.targets })
}

/** COPY in both directions, of a table or of a query. */
const copy: Planner = (body, { catalog }) => {
  const place = outermost(catalog)
  const relation = body.relation as (RangeVar & Tagged) | undefined
  if (relation !== undefined && body.is_from === true) addTarget(relation, 'copy', { place, walk: WALK })
  else if (relation !== undefined) readRelation(relation, place, WALK)
  WALK.visit(body.query, place)
  WALK.visit(body.whereClause, place)
  return queryPlan(place.findings, 'not-a-select')
}

/** EXPLAIN runs nothing; EXPLAIN ANALYZE runs the statement and answers with something else. */
const explain: Planner = (body, { plan }) => {
  const [tag, query] = untag(body.query) ?? []
  if (!isOptionOn(body.options, 'analyze') || tag === undefined || query === undefined)
    return sessionPlan(false)
  const inner = plan(tag, query)
  if (inner.kind === 'write') return writePlan({ ...inner, attribution: undefined })
  return sessionPlan(inner.kind === 'session' && inner.changesSession)
}

/** Statements about rows. */
export const DATA_PLANNERS: Readonly<Record<string, Planner>> = {
  CopyStmt: copy,
  CreateTableAsStmt: createTableAs,
  DeleteStmt: rowWriter,
  // What was prepared is not known here.
  ExecuteStmt: () => writePlan({ changesSession: true }),
  ExplainStmt: explain,
  InsertStmt: rowWriter,
  MergeStmt: rowWriter,
  RefreshMatViewStmt: refresh,
  SelectStmt: select,
  TruncateStmt: truncate,
  UpdateStmt: rowWriter,
}
