import { DigisError } from '../digis-error.js'

/** An account of money holds less than was to be taken; nothing was moved. */
export class InsufficientFundsError extends DigisError {
  override readonly name = 'InsufficientFundsError'

  constructor() {
    super(
      'DIGIS_INSUFFICIENT_FUNDS',
      'check-violated',
      'The account holds less money than is to be taken. Nothing was moved.',
    )
  }
}

/** There is no transfer of this id, or none yet. */
export class NoSuchTransferError extends DigisError {
  override readonly name = 'NoSuchTransferError'

  constructor() {
    super('DIGIS_NO_SUCH_TRANSFER', 'missing-reference', 'There is no such transfer. Nothing was moved.')
  }
}

/** The transfer was taken back before. */
export class AlreadyReversedError extends DigisError {
  override readonly name = 'AlreadyReversedError'

  constructor() {
    super('DIGIS_ALREADY_REVERSED', 'duplicate', 'The transfer was taken back before. Nothing was moved.')
  }
}
