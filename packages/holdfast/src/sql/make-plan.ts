import type { Findings } from './findings.js'
import type { OpaquePlan, ReadPlan, SessionPlan, UncacheableReason, WritePlan } from './plan.js'

/** A write of which nothing else is known than what is given. */
export function writePlan(known: Partial<WritePlan> = {}): WritePlan {
  return Object.freeze({
    kind: 'write',
    attribution: undefined,
    changesDefinitions: false,
    changesSession: false,
    ...known,
    targets: Object.freeze([...(known.targets ?? [])]),
  })
}

/** A statement that changes no table. */
export function sessionPlan(changesSession: boolean): SessionPlan {
  return Object.freeze({ kind: 'session', changesSession })
}

/** A statement that cannot be wrapped in a transaction; `detail` is a sentence without a full stop. */
export function opaquePlan(detail: string, known: Partial<OpaquePlan> = {}): OpaquePlan {
  return Object.freeze({
    kind: 'opaque',
    markAtOnce: false,
    changesDefinitions: true,
    changesSession: false,
    ...known,
    detail: `${detail}.`,
  })
}

/** A statement that only reads. */
export function readPlan(findings: Findings): ReadPlan {
  if (findings.reads.length === 0) findings.refuse('no-table', 'It reads no table that is cached')
  const { uncacheable, detail } = findings.verdict()
  return Object.freeze({
    kind: 'read',
    dependencies: Object.freeze(findings.dependencies()),
    readsClaims: findings.readsClaims,
    uncacheable,
    detail: detail && `${detail}.`,
  })
}

/** What a query comes to that might do more than read: a write when it may write, else a read. */
export function queryPlan(
  findings: Findings,
  otherwise?: UncacheableReason,
): ReadPlan | WritePlan | SessionPlan {
  const { targets, changesSession } = findings
  if (findings.writes || findings.mayWrite) return writePlan({ targets, changesSession })
  if (changesSession) return sessionPlan(true)
  if (otherwise !== undefined) findings.refuse(otherwise, 'Only the result of a SELECT is cached')
  return readPlan(findings)
}
