export {
  AbortError,
  ConnectError,
  ConnectionLostError,
  type ErrorCategory,
  HoldfastError,
  type HoldfastErrorCode,
  MigrationError,
  OptionsError,
  OutcomeUnknownError,
  OverloadedError,
  PoolEndedError,
  type PoolNumbers,
  PoolTimeoutError,
  QueryTimeoutError,
  type Retry,
  TransactionError,
} from './base/errors.js'
export { Pool } from './pool.js'
