import type { IdentityOptions, Pool, Transaction } from 'holdfast'
import { databaseOn } from '../database/database.js'
import { IdempotencyKeyReusedError } from '../digis-error.js'
import type { UseCases } from '../use-cases.js'
import { useCasesOn } from '../use-cases.js'
import { FirstComers } from './first-comers.js'
import { IdempotencyKeyInProgressError } from './idempotency-error.js'
import {
  deleteKeysOlderThan,
  type KeptAnswer,
  keepAnswer,
  reserveKey,
  selectAnswer,
} from './idempotency-queries.js'
import { type CheckedRequest, checkRequest, type KeyedRequest } from './keyed-request.js'
import { untilAnswered } from './until-answered.js'

/** What a request is answered, as HTTP has it. */
export interface KeyedAnswer {
  /** 200 to 299: an answer that refuses is thrown instead, and nothing is kept of it. */
  readonly status: number
  /** Where that which was made can be found. */
  readonly location?: string
  /** As JSON can hold it; a repeated answer is what JSON makes of it. */
  readonly body: unknown
}

/** A {@link KeyedAnswer}, and whether it is that of an earlier request. */
export interface GivenAnswer extends KeyedAnswer {
  readonly replayed: boolean
}

/** For how long, and until when, a request is tried. */
export interface KeyedLimits {
  /** Milliseconds for all of it, waiting for a connection and for the database to come back included. Default: 30,000. */
  readonly timeout?: number
  /** Rolls back and gives up when it fires. */
  readonly signal?: AbortSignal
  /** On whose behalf all of it runs, the row of the key included. Default: the pool's user. */
  readonly as?: IdentityOptions | undefined
}

/** Requests that are applied once, however often they arrive. */
export interface IdempotencyService {
  /**
   * Runs `work` in a transaction and keeps its answer there under the request's key; the same request is answered from
   * what was kept. So it is applied once also when several arrive at the same moment, or when the connection is lost
   * while it commits: it is then tried again, whole, until `timeout`. What `work` throws rolls back, is thrown again,
   * and leaves the key unused.
   *
   * @throws IdempotencyKeyReusedError for a key of another request; IdempotencyKeyInProgressError when the same
   * request is not through after 5 seconds, or half of `timeout`; DigisInputError for an impossible key
   */
  applyOnce(
    request: KeyedRequest,
    work: (useCases: UseCases) => Promise<KeyedAnswer>,
    limits?: KeyedLimits,
  ): Promise<GivenAnswer>
  /** Deletes keys that are older than a day, at most 1,000. Resolves to how many. */
  forgetOldKeys(options?: Pick<KeyedLimits, 'as'>): Promise<number>
}

const DEFAULT_TIMEOUT_MILLIS = 30_000
/** How long a request waits for the same one that came before it: longer than any change takes where nothing fails. */
const PATIENCE_MILLIS = 5_000
const KEPT_FOR = '24 hours'
const MOST_FORGOTTEN = 1_000

/** What the service is made of. */
export interface IdempotencyParts {
  readonly pool: Pool
  /** Milliseconds. Default: the process's clock. */
  readonly now?: () => number
  /** In [0, 1). */
  readonly random?: () => number
}

export function idempotencyService({
  pool,
  now = () => performance.now(),
  random = Math.random,
}: IdempotencyParts): IdempotencyService {
  const firstComers = new FirstComers()
  const poolAs = (as: IdentityOptions | undefined) => (as === undefined ? pool : pool.as(as))
  return {
    async applyOnce(request, work, { timeout = DEFAULT_TIMEOUT_MILLIS, signal, as } = {}) {
      const checked = checkRequest(request)
      const trial = { now, random, end: now() + timeout, signal }
      const name = JSON.stringify([checked.subject, checked.key])
      if (!(await firstComers.after(name, { patience: patienceOf(timeout), signal })))
        throw new IdempotencyKeyInProgressError()
      const attempt = (millis: number, onReserved: () => void) => {
        const task = { request: checked, patience: patienceOf(millis), work, onReserved }
        return poolAs(as).transaction(tx => applyIn(tx, task), { timeout: millis, ...(signal && { signal }) })
      }
      return firstComers.run(name, () => untilAnswered(attempt, trial))
    },

    async forgetOldKeys({ as } = {}) {
      return (await poolAs(as).query(deleteKeysOlderThan(KEPT_FOR, MOST_FORGOTTEN))).rowCount ?? 0
    },
  }
}

/** How much of so many milliseconds the same request is waited for. */
function patienceOf(millis: number): number {
  return Math.min(PATIENCE_MILLIS, Math.ceil(millis / 2))
}

/** What is to be done in a transaction. */
interface Task {
  readonly request: CheckedRequest
  /** Milliseconds that a request waits for the same one before it. */
  readonly patience: number
  readonly work: (useCases: UseCases) => Promise<KeyedAnswer>
  /** Called when it is certain that no earlier attempt was applied. */
  readonly onReserved: () => void
}

async function applyIn(tx: Transaction, task: Task): Promise<GivenAnswer> {
  const { request, patience, work, onReserved } = task
  if (!(await reserve(tx, request, patience))) return keptAnswer(tx, request)
  onReserved()
  const database = databaseOn(tx)
  const { status, location, body } = await work(useCasesOn(database))
  const text = JSON.stringify(body)
  await database.run(keepAnswer(request, { status, location: location ?? null, body: text }))
  // Whoever asks first and whoever asks again get the same.
  return { status, ...(location !== undefined && { location }), body: JSON.parse(text), replayed: false }
}

/**
 * Whether the request is this transaction's to apply.
 *
 * @throws IdempotencyKeyInProgressError when that is not known in time: another transaction is applying it
 */
async function reserve(tx: Transaction, request: CheckedRequest, patience: number): Promise<boolean> {
  try {
    const { rows } = await databaseOn(tx, { timeout: patience }).run(reserveKey(request))
    return rows.length === 1
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'HOLDFAST_QUERY_TIMEOUT') throw error
    throw new IdempotencyKeyInProgressError()
  }
}

/** @throws IdempotencyKeyReusedError; IdempotencyKeyInProgressError when the row has just been forgotten */
async function keptAnswer(tx: Transaction, request: CheckedRequest): Promise<GivenAnswer> {
  const { rows } = await databaseOn(tx).run<KeptAnswer>(selectAnswer(request))
  const [kept] = rows
  if (kept === undefined) throw new IdempotencyKeyInProgressError()
  if (!kept.is_same) throw new IdempotencyKeyReusedError()
  const { status, location, body } = kept
  return { status, ...(location !== null && { location }), body, replayed: true }
}
