import { isTemporary } from './data-plan.js'
import { opaquePlan, sessionPlan, writePlan } from './make-plan.js'
import { bodyOf, namesOf, type Tagged } from './parse.js'
import type { OpaquePlan } from './plan.js'
import type { Planner } from './planner.js'
import { outermost, WALK } from './read-dependencies.js'
import type { RangeVar } from './relation-read.js'
import { addTarget } from './write-targets.js'

/** Statements that the server refuses in a transaction block, or that may hold anything. */
const opaque =
  (detail: string, known: Partial<OpaquePlan> = {}): Planner =>
  () =>
    opaquePlan(detail, known)

const refused = opaque('The server refuses it in a transaction block')

/** CREATE of something that may be of the session only. */
const create =
  (name: 'relation' | 'sequence' | 'view'): Planner =>
  body =>
    isTemporary(body[name] as RangeVar | undefined)
      ? sessionPlan(true)
      : writePlan({ changesDefinitions: true })

/** A change of one table. */
const alter: Planner = (body, { catalog }) => {
  const isConcurrent = JSON.stringify(body.cmds ?? []).includes('"concurrent":true')
  if (isConcurrent) return opaquePlan('DETACH PARTITION CONCURRENTLY cannot run in a transaction')
  const place = outermost(catalog)
  const { relation } = body as { relation?: RangeVar }
  if (relation !== undefined) addTarget(relation, 'alter', { place, walk: WALK })
  return writePlan({ targets: place.findings.targets, changesDefinitions: true })
}

const drop: Planner = (body, { catalog }) => {
  if (body.concurrent === true) return opaquePlan('DROP INDEX CONCURRENTLY cannot run in a transaction')
  const place = outermost(catalog)
  const isTable = body.removeType === 'OBJECT_TABLE' || body.removeType === 'OBJECT_MATVIEW'
  for (const object of isTable ? ((body.objects as Tagged[] | undefined) ?? []) : []) {
    const names = namesOf(bodyOf(object, 'List')?.items)
    addTarget(rangeOf(names), 'alter', { place, walk: WALK })
  }
  return writePlan({ targets: place.findings.targets, changesDefinitions: true })
}

function rangeOf(names: readonly (string | undefined)[]): RangeVar {
  const relname = names.at(-1) ?? ''
  const schemaname = names.at(-2)
  return schemaname === undefined ? { relname } : { relname, schemaname }
}

const createIndex: Planner = ({ concurrent }) =>
  concurrent === true
    ? opaquePlan('CREATE INDEX CONCURRENTLY cannot run in a transaction')
    : writePlan({ changesDefinitions: true })

/** Statements that change definitions, and those that nothing is known of. Whatever is not here changes definitions. */
export const DEFINITION_PLANNERS: Readonly<Record<string, Planner>> = {
  AlterDatabaseStmt: refused,
  AlterSystemStmt: opaque('The server refuses ALTER SYSTEM in a transaction block', {
    changesDefinitions: false,
  }),
  AlterTableStmt: alter,
  CallStmt: opaque('A procedure may do anything, and end the transaction', { changesSession: true }),
  ClusterStmt: refused,
  CreateSeqStmt: create('sequence'),
  CreateStmt: create('relation'),
  CreateSubscriptionStmt: refused,
  CreateTableSpaceStmt: refused,
  CreatedbStmt: refused,
  DoStmt: opaque('A block of code may do anything, and end the transaction', { changesSession: true }),
  DropStmt: drop,
  DropSubscriptionStmt: refused,
  DropTableSpaceStmt: refused,
  DropdbStmt: refused,
  IndexStmt: createIndex,
  RenameStmt: alter,
  ViewStmt: create('view'),
}
