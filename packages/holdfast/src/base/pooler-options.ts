import { describeGiven } from './duration.js'
import { OptionsError } from './errors.js'
import { checkOptions, ofType, type Rule } from './option-rules.js'

/**
 * For how long a pooler lends its client a server connection: `session` until the client disconnects, `transaction`
 * until the transaction ends, so that nothing of a session can be relied on.
 */
export type PoolerMode = 'session' | 'transaction'

/** What stands between the pool and PostgreSQL; `none`: nothing. */
export type PoolerOption =
  | 'none'
  | PoolerMode
  | {
      mode: PoolerMode
      /**
       * The pooler finds the prepared statements of its clients again, as PgBouncer does from 1.21 with
       * `max_prepared_statements`. Default: in session mode true, in transaction mode false.
       */
      preparedStatements?: boolean
    }

const EXPECTED = "'none', 'session', 'transaction' or { mode, preparedStatements }"

const mode: Rule = (value, path) => {
  if (value === 'session' || value === 'transaction') return value
  throw new OptionsError(path, "'session' or 'transaction'", describeGiven(value))
}

/** The rule for the pool's `pooler` option. */
export const poolerOption: Rule = (value, path) => {
  if (value === 'none' || value === 'session' || value === 'transaction') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OptionsError(path, EXPECTED, describeGiven(value))
  }
  const checked = checkOptions(value, { mode, preparedStatements: ofType('boolean') }, `${path}.`)
  if (checked.mode === undefined)
    throw new OptionsError(`${path}.mode`, "'session' or 'transaction'", 'nothing')
  return checked
}
