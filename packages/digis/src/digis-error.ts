import type { ErrorCategory } from 'holdfast'

/** What an error of DIGIS's own is, for `switch`. Stable. Errors of the database keep their SQLSTATE. */
export type DigisErrorCode =
  | 'DIGIS_INPUT'
  | 'DIGIS_INSUFFICIENT_TOKENS'
  | 'DIGIS_INSUFFICIENT_FUNDS'
  | 'DIGIS_NO_SUCH_TRANSFER'
  | 'DIGIS_ALREADY_REVERSED'
  | 'DIGIS_EVENT_REUSED'
  | 'DIGIS_NOT_CONFIGURED'
  | 'DIGIS_FOREIGN_SCHEMA'
  | 'DIGIS_DIRTY_ROWS'
  | 'DIGIS_NOT_EMPTY'
  | 'DIGIS_NOT_PARTITIONABLE'
  | 'DIGIS_KEY_REUSED'
  | 'DIGIS_KEY_IN_PROGRESS'

/** The base of every error that this package itself makes. Trying again helps only where `retry` says so. */
export class DigisError extends Error {
  override readonly name: string = 'DigisError'
  readonly code: DigisErrorCode
  readonly category: ErrorCategory
  readonly retry: 'never' | 'safe' = 'never'

  constructor(code: DigisErrorCode, category: ErrorCategory, message: string) {
    super(message)
    this.code = code
    this.category = category
  }
}

/** What is wrong with an argument. */
export interface InputProblem {
  /** The argument's name as in the contract: `supabase_id`, `limit`. */
  readonly field: string
  readonly expected: string
  /** The value, or a description of it where the value may be private. */
  readonly given: string
  /** Where the contract prescribes the message. Default: made of the three others. */
  readonly message?: string
}

/** An argument cannot be right. Nothing was sent to the database. */
export class DigisInputError extends DigisError {
  override readonly name = 'DigisInputError'
  readonly field: string
  readonly expected: string
  readonly given: string

  constructor({ field, expected, given, message }: InputProblem) {
    super('DIGIS_INPUT', 'invalid-input', message ?? `${field}: expected ${expected}, given ${given}.`)
    this.field = field
    this.expected = expected
    this.given = given
  }
}

/** The account holds fewer tokens than were to be taken; nothing was taken. */
export class InsufficientTokensError extends DigisError {
  override readonly name = 'InsufficientTokensError'

  constructor() {
    super('DIGIS_INSUFFICIENT_TOKENS', 'check-violated', 'Insufficient token balance')
  }
}

/** The key stands for another request; nothing was applied. */
export class IdempotencyKeyReusedError extends DigisError {
  override readonly name = 'IdempotencyKeyReusedError'

  constructor() {
    const message = 'The key was used for another request. Use a new key for each new request.'
    super('DIGIS_KEY_REUSED', 'invalid-input', message)
  }
}
