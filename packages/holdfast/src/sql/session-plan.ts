import { opaquePlan, sessionPlan, writePlan } from './make-plan.js'
import { isOptionOn, type Planner } from './planner.js'
import { findingsOf } from './read-dependencies.js'

const unchanged: Planner = () => sessionPlan(false)
const changed: Planner = () => sessionPlan(true)

/** Settings that decide how long, how costly or how loud a statement is, and nothing about what it answers. */
const HARMLESS =
  /^(?:\w+_timeout|application_name|\w*work_mem|temp_buffers|jit\w*|enable_\w+|\w+_cost|effective_\w+|plan_cache_mode|synchronous_commit|log_\w+|client_min_messages|tcp_\w+|max_parallel_\w+|default_transaction_\w+|commit_\w+)$/

/** SET and RESET; SET LOCAL and SET TRANSACTION end with the transaction. */
const setting: Planner = ({ is_local, kind, name }) => {
  const ofTransaction = kind === 'VAR_SET_MULTI' && String(name).startsWith('TRANSACTION')
  return sessionPlan(is_local !== true && !ofTransaction && !HARMLESS.test(String(name)))
}

const discard: Planner = ({ target }) => sessionPlan(target === 'DISCARD_ALL' || target === 'DISCARD_TEMP')

/** VACUUM FULL writes the table anew, into another file. */
const vacuum: Planner = ({ options }) =>
  isOptionOn(options, 'full') ? opaquePlan('VACUUM FULL cannot run in a transaction') : sessionPlan(false)

const CURSOR_WITH_HOLD = 0x20
const RUNS_LATER = { markAtOnce: true, changesDefinitions: false, changesSession: true }

/** The query of a cursor runs when it is fetched from; WITH HOLD, at the end of the transaction. */
const declareCursor: Planner = ({ query, options }, { catalog }) => {
  const { SelectStmt: select } = query as { SelectStmt?: Record<string, unknown> }
  const holds = (Number(options ?? 0) & CURSOR_WITH_HOLD) !== 0
  const findings = select === undefined ? undefined : findingsOf('SelectStmt', select, catalog)
  if (findings === undefined || findings.writes || findings.mayWrite)
    return holds ? opaquePlan('A cursor WITH HOLD runs its query in the COMMIT', RUNS_LATER) : writePlan()
  return sessionPlan(holds || findings.changesSession)
}

/** Statements that change no table. */
export const SESSION_PLANNERS: Readonly<Record<string, Planner>> = {
  CheckPointStmt: unchanged,
  ClosePortalStmt: unchanged,
  ConstraintsSetStmt: unchanged,
  DeallocateStmt: unchanged,
  DeclareCursorStmt: declareCursor,
  DiscardStmt: discard,
  FetchStmt: unchanged,
  ListenStmt: unchanged,
  LoadStmt: changed,
  LockStmt: unchanged,
  NotifyStmt: unchanged,
  PrepareStmt: unchanged,
  ReindexStmt: unchanged,
  UnlistenStmt: unchanged,
  VacuumStmt: vacuum,
  VariableSetStmt: setting,
  VariableShowStmt: unchanged,
}
