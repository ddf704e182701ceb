import type { Clock } from '../base/clock.js'
import type { Limits } from '../base/deadline.js'
import { SERVER_EPOCH, type TransactionId, transactionOf } from '../base/transaction-id.js'
import { fullJitter } from '../resilience/backoff.js'

/**
 * What became of a transaction. `in progress`: it still was at the deadline. `unknown`: nobody can tell, because its id
 * is not known, the server has forgotten it, or another server or an earlier state of it has taken over.
 */
export type TransactionOutcome = 'committed' | 'aborted' | 'in progress' | 'unknown'

/** What it takes to find out. */
export interface OutcomeParts {
  /** Asks the primary. */
  readonly ask: (text: string, values: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>
  readonly clock: Clock
  readonly random: () => number
  readonly limits: Limits
}

const QUESTION = `SELECT pg_xact_status($1::xid8) AS status, ${SERVER_EPOCH} AS epoch`
const WHERE_AM_I = `SELECT ${SERVER_EPOCH} AS epoch`
/** What the server says of an id that it has not given to anybody yet. */
const IN_THE_FUTURE = '22023'

const POLL = { base: 20, cap: 500 }

/**
 * Finds out what became of the transaction that an error has left undecided. One in progress is asked about again until
 * it has ended or the deadline has come.
 *
 * @throws what the question fails with
 */
export async function resolveOutcome(error: unknown, parts: OutcomeParts): Promise<TransactionOutcome> {
  const id = transactionOf(error)
  if (id === undefined) return 'unknown'
  const { clock, random, limits } = parts
  for (let attempt = 1; ; attempt++) {
    const outcome = await askOnce(id, parts)
    const pause = fullJitter(attempt, random(), POLL)
    const isLast = clock.now() + pause >= limits.deadline || limits.signal?.aborted
    if (outcome !== 'in progress' || isLast) return outcome
    await new Promise<void>(resolve => clock.setTimeout(resolve, pause))
  }
}

async function askOnce({ xid, epoch }: TransactionId, { ask }: OutcomeParts): Promise<TransactionOutcome> {
  const { rows } = await ask(QUESTION, [xid]).catch((error: { code?: string }) => {
    if (error.code === IN_THE_FUTURE) return ask(WHERE_AM_I, [])
    throw error
  })
  const { status = 'aborted', epoch: now } = rows[0] as {
    status?: string | null
    epoch: string | null
  }
  return judge(status, epoch, now)
}

/** The first eight hexadecimal digits. */
const timelineOf = (epoch: string | null) => epoch?.slice(0, 8)

/**
 * What the server's word is worth. After a crash an id may be given a second time, when the first had left no trace:
 * then the first was aborted, whatever is said of the second.
 */
function judge(status: string | null, then: string, now: string | null): TransactionOutcome {
  if (timelineOf(now) !== timelineOf(then) || status === null) return 'unknown'
  return then === now || status === 'aborted' ? (status as TransactionOutcome) : 'unknown'
}
