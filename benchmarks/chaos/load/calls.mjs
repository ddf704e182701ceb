import { randomUUID } from 'node:crypto'
import { seededRandom } from '@holdfast/testkit'

export const ACCOUNTS = 1_000

/** What the calls work on: rows that are read and overwritten, and a log that each entry has to be in once. */
export const SCHEMA = `
  CREATE TABLE accounts (id integer PRIMARY KEY, note text NOT NULL DEFAULT '', balance bigint NOT NULL DEFAULT 0);
  INSERT INTO accounts (id) SELECT generate_series(1, ${ACCOUNTS});
  CREATE TABLE entries (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, op uuid NOT NULL);
  ANALYZE accounts`

/** Of ten calls. */
const KINDS = /** @type {const} */ ([
  ...Array(6).fill('read'),
  ...Array(2).fill('overwrite'),
  ...Array(2).fill('append'),
])

/**
 * `read` changes nothing; `overwrite` is a write that may be applied twice; `append` must not be.
 *
 * @typedef {'read' | 'overwrite' | 'append'} CallKind
 * @typedef {{ kind: CallKind, op?: string, run: () => Promise<unknown> }} Call
 */

/**
 * Draws calls on a pool. What Holdfast takes beyond pg, pg does not look at.
 *
 * @param {import('pg').Pool} pool
 * @param {{ seed: number, deadline: number }} options milliseconds that a call may take, to which both hold
 * @returns {() => Call}
 */
export function drawCalls(pool, { seed, deadline }) {
  const random = seededRandom(seed)
  const limits = { query_timeout: deadline }
  /** @type {Record<CallKind, (id: number) => Omit<Call, 'kind'>>} */
  const calls = {
    read: id => ({
      run: () =>
        pool.query({
          text: 'SELECT id, note, balance FROM accounts WHERE id = $1',
          values: [id],
          readOnly: true,
          ...limits,
        }),
    }),
    overwrite: id => ({
      run: () =>
        pool.query({
          text: 'UPDATE accounts SET note = $2 WHERE id = $1',
          values: [id, `note ${id}`],
          idempotent: true,
          ...limits,
        }),
    }),
    append: () => {
      const op = randomUUID()
      return {
        op,
        run: () => pool.query({ text: 'INSERT INTO entries (op) VALUES ($1)', values: [op], ...limits }),
      }
    },
  }
  return () => {
    const kind = /** @type {CallKind} */ (random.pick(KINDS))
    return { kind, ...calls[kind](random.int(1, ACCOUNTS)) }
  }
}
