import { DigisError, IdempotencyKeyReusedError } from '../digis-error.js'

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

/** A payment provider reported something else under the same id; nothing was moved. */
export class EventReusedError extends DigisError {
  override readonly name = 'EventReusedError'

  constructor() {
    super(
      'DIGIS_EVENT_REUSED',
      'duplicate',
      'There is an event of this id with another content. Nothing was moved.',
    )
  }
}

/** What the ledger refuses has a name of its own; the rest is the database's. */
export function refused(error: unknown): never {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown }
  if (constraint === 'uq_ledger_transfers_idempotency_key') throw new IdempotencyKeyReusedError()
  if (constraint === 'uq_ledger_transfers_reverses') throw new AlreadyReversedError()
  if (constraint === 'provider_events_pkey') throw new EventReusedError()
  if (code === 'P0002') throw new NoSuchTransferError()
  throw error
}
