import { HoldfastError } from '../base/errors.js'
import { fromFirstWord, withoutQuoted } from './plain-sql.js'
import type { Pooler } from './pooler.js'

/** A kind of statement that leaves something in its session, which through such a pooler is soon somebody else's. */
interface SessionStatement {
  readonly what: string
  /** Whether a text, from its first word on, is one. */
  readonly is: (text: string) => boolean
  /** It is fine inside a transaction, as far as anybody can tell. */
  readonly allowedInTransaction: boolean
  readonly remedy: string
}

const OTHERWISE = 'connect directly or through a pooler in session mode for it'

const SESSION_STATEMENTS: readonly SessionStatement[] = [
  {
    what: 'SET',
    is: text => /^set\s+(?!local\b|transaction\b|constraints\b)/i.test(text),
    allowedInTransaction: false,
    remedy: 'Use SET LOCAL in a transaction, ALTER ROLE … SET for everybody, or',
  },
  {
    what: 'LISTEN',
    is: text => /^listen\b/i.test(text),
    allowedInTransaction: false,
    remedy: 'Notifications would go to another client:',
  },
  {
    what: 'PREPARE',
    is: text => /^prepare\s+(?!transaction\b)/i.test(text),
    allowedInTransaction: false,
    remedy: 'Send the statement with its values each time, or',
  },
  {
    what: 'DECLARE … WITH HOLD',
    is: text =>
      /^declare\s+\S+\s+(?:(?:binary|insensitive|asensitive|no|scroll)\s+)*cursor\s+with\s+hold\b/i.test(
        text,
      ),
    allowedInTransaction: false,
    remedy: 'Read the cursor inside of its transaction, or',
  },
  {
    what: 'CREATE TEMPORARY',
    is: text =>
      /^create\s+(?:or\s+replace\s+)?(?:(?:global|local)\s+)?temp(?:orary)?\s/i.test(text) &&
      !/\son\s+commit\s+drop\b/i.test(text),
    allowedInTransaction: true,
    remedy: 'Create it inside a transaction, with ON COMMIT DROP, or',
  },
  {
    what: 'A session-level advisory lock',
    is: text => /advisory_lock/i.test(text) && takesSessionLock(withoutQuoted(text)),
    allowedInTransaction: true,
    remedy: 'Take pg_advisory_xact_lock in a transaction, which ends with it, or',
  },
]

/** Whether it takes a lock that outlives the transaction and does not give it back itself. */
function takesSessionLock(text: string): boolean {
  return /\bpg_(?:try_)?advisory_lock(?:_shared)?\s*\(/i.test(text) && !/\bpg_advisory_unlock/i.test(text)
}

/**
 * The error for a statement that cannot do what it says through a pooler that lends server connections for a
 * transaction; `undefined` for any other. Judged by its first words, without a parser: what hides in a text of several
 * statements or in a function passes.
 *
 * @param inTransaction whether a transaction may be open
 */
export function sessionRefusal(
  text: string,
  pooler: Pooler,
  inTransaction: boolean,
): HoldfastError | undefined {
  const statement = fromFirstWord(text)
  const refused = SESSION_STATEMENTS.find(
    each => !(inTransaction && each.allowedInTransaction) && each.is(statement),
  )
  if (refused === undefined) return undefined
  const hint =
    pooler.mode === 'unknown' ? " If the pooler is in session mode, say so: pooler: 'session'." : ''
  const message =
    `${refused.what} needs a session of its own, and through a pooler in transaction mode there is none ` +
    `(${pooler.because}). ${refused.remedy} ${OTHERWISE}.${hint}`
  return new HoldfastError('HOLDFAST_POOLER_MODE', message)
}

/** The error for a prepared statement that is called by its name alone. */
export function nameAloneRefusal(pooler: Pooler): HoldfastError {
  const message =
    'A prepared statement was called by its name without its text, and the pooler does not keep prepared statements ' +
    `(${pooler.because}). Give the text each time, or say pooler: { mode, preparedStatements: true } if it does.`
  return new HoldfastError('HOLDFAST_POOLER_MODE', message)
}
