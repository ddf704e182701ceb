import { createHash } from 'node:crypto'
import pg from 'pg'
import { HoldfastError, OutcomeUnknownError } from '../base/errors.js'
import type { QueryFrame, QueryRequest, Result } from '../base/execute.js'
import type { TextPlan, WritePlan } from '../sql/plan.js'
import { textOf } from './attributed.js'
import type { WriteLedger } from './write-ledger.js'

/** What a statement may do when the definitions are others than those by which it was planned. */
export function carefully(plan: TextPlan): TextPlan {
  if (plan.kind === 'control') return plan
  const markAtOnce = plan.kind === 'opaque' && plan.markAtOnce
  const changesSession = 'changesSession' in plan && plan.changesSession
  return { kind: 'opaque', markAtOnce, changesDefinitions: true, changesSession, detail: '' }
}

/** A statement of the catalog's, with pg's own parsers whatever the application's are. */
export function plainly(text: string, values: unknown[]): QueryRequest['config'] {
  return { text, values, types: new pg.TypeOverrides() as never }
}

/** A statement whose values stay text, whatever parsers the application has. */
export function asText(text: string): QueryRequest['config'] {
  const types = { getTypeParser: () => (value: unknown) => value }
  return { text, rowMode: 'array', types } as QueryRequest['config']
}

/** A statement of nothing, without limits: the ground of our own ones. */
export const OWN_PING: QueryRequest = {
  config: '',
  values: undefined,
  startedAt: 0,
  deadline: Number.POSITIVE_INFINITY,
  signal: undefined,
  readOnly: true,
  idempotent: true,
  rolledBackIfLost: true,
}

/** The session after one more statement that changes it. What has been forgotten altogether is as never changed. */
export function sessionAfter(before: string, { config, values }: QueryRequest): string {
  const text = typeof config === 'string' ? config : (config.text ?? '')
  if (/^\s*discard\s+all\s*;?\s*$/i.test(text)) return ''
  const given = values ?? (typeof config === 'string' ? undefined : config.values)
  return createHash('sha256')
    .update(JSON.stringify([before, text, given?.map(String)]))
    .digest('base64url')
    .slice(0, 16)
}

/** What goes around a write, and what is hidden in its rows. */
export function newFrame(plan: WritePlan, before: readonly string[], after: readonly string[]): QueryFrame {
  const { attribution } = plan
  return {
    before,
    after,
    hiddenColumns: attribution?.columns.length ?? 0,
    hidesRows: attribution?.hasReturning === false,
    hidden: [],
    answers: [],
  }
}

/** The request with what is added around it. A name would tie the text to a plan that others use without it. */
export function framed(request: QueryRequest, plan: WritePlan, frame: QueryFrame): QueryRequest {
  const { config } = request
  const text = plan.attribution?.text ?? textOf(request) ?? ''
  const { name: _, ...rest } = typeof config === 'string' ? { name: undefined } : config
  return { ...request, config: { ...rest, text }, frame }
}

/** Writes down what a write has changed. */
export function noteWrite(ledger: WriteLedger, plan: WritePlan, { hidden }: QueryFrame): void {
  ledger.dirty = true
  ledger.definitions ||= plan.changesDefinitions
  const { attribution } = plan
  const unattributed = plan.targets.filter(({ table }) => table !== attribution?.table)
  ledger.noteWhole(unattributed)
  if (attribution !== undefined) ledger.noteRows(attribution, hidden)
}

/** A statement of the guard's own, within the limits of the caller's. */
export function ownStatement(request: QueryRequest, config: QueryRequest['config']): QueryRequest {
  const { startedAt, deadline, signal } = request
  return {
    config,
    values: undefined,
    startedAt,
    deadline,
    signal,
    readOnly: true,
    idempotent: true,
    rolledBackIfLost: true,
  }
}

/** The COMMIT of a statement that came alone: unlike what it commits, it may have happened when no answer comes. */
export function plainCommit(request: QueryRequest): QueryRequest {
  const { idempotent } = request
  return { ...ownStatement(request, 'COMMIT'), readOnly: false, idempotent, rolledBackIfLost: false }
}

/** The first word of what the server says it has done: pg keeps no more of it. */
export function commandOf(result: Result): string {
  return (Array.isArray(result) ? result.at(-1) : result)?.command
}

/** Whether a COMMIT may have happened although it failed: that it may be repeated does not tell. */
export function isUndecided(error: unknown, { idempotent }: QueryRequest): boolean {
  const { retry, severity } = error as { retry?: string; severity?: string }
  if (severity === 'ERROR') return false
  if (error instanceof OutcomeUnknownError || idempotent) return true
  return error instanceof HoldfastError ? retry !== 'safe' : retry === 'unknown'
}
