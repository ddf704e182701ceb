import type { Statement } from '../database/database.js'
import type { CheckedRequest } from './keyed-request.js'

/** The kept row of a key. */
export interface KeptAnswer {
  /** Whether the key stands for this very request. */
  readonly is_same: boolean
  readonly status: number
  readonly location: string | null
  readonly body: unknown
}

/**
 * Writes the row of a key, and returns one, unless there is one already. A transaction that is writing the same one is
 * waited for: this statement sees what became of it, which a SELECT could not. A row that is there is left unlocked, so
 * that any number of repetitions are answered side by side.
 */
export function reserveKey({ subject, key, route, hash }: CheckedRequest): Statement {
  return {
    text: `INSERT INTO idempotency_keys (subject, key, route, request_hash) VALUES ($1, $2, $3, $4)
           ON CONFLICT (subject, key) DO NOTHING RETURNING key`,
    values: [subject, key, route, hash],
  }
}

export function selectAnswer({ subject, key, route, hash }: CheckedRequest): Statement {
  return {
    text: `SELECT route = $3 AND request_hash = $4 AS is_same, status, location, body
             FROM idempotency_keys WHERE subject = $1 AND key = $2`,
    values: [subject, key, route, hash],
    readOnly: true,
  }
}

/** What an answer is kept as. */
export interface AnswerToKeep {
  readonly status: number
  readonly location: string | null
  /** JSON text. */
  readonly body: string
}

export function keepAnswer({ subject, key }: CheckedRequest, answer: AnswerToKeep): Statement {
  return {
    text: 'UPDATE idempotency_keys SET status = $3, location = $4, body = $5 WHERE subject = $1 AND key = $2',
    values: [subject, key, answer.status, answer.location, answer.body],
  }
}

/** Rows that somebody else is deleting, or answering from, are left for the next time. */
export function deleteKeysOlderThan(age: string, most: number): Statement {
  return {
    text: `DELETE FROM idempotency_keys WHERE (subject, key) IN (
             SELECT subject, key FROM idempotency_keys WHERE created_at < now() - $1::interval
              ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    values: [age, most],
    idempotent: true,
  }
}
