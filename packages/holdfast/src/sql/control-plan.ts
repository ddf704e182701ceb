import { opaquePlan } from './make-plan.js'
import type { ControlPlan } from './plan.js'
import type { Planner } from './planner.js'

const ACTIONS: Readonly<Record<string, ControlPlan['action']>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'savepoint',
  TRANS_STMT_ROLLBACK_TO: 'savepoint',
  TRANS_STMT_PREPARE: 'prepare',
  TRANS_STMT_COMMIT_PREPARED: 'commit-prepared',
  TRANS_STMT_ROLLBACK_PREPARED: 'rollback-prepared',
}

/** BEGIN, COMMIT and everything else that begins, ends or divides transactions. */
export const controlPlan: Planner = ({ kind, chain }) => {
  const action = ACTIONS[String(kind)]
  if (action === undefined) return opaquePlan(`The analysis does not know ${String(kind)}`)
  return Object.freeze({ kind: 'control', action, chain: chain === true })
}
