import { DigisError } from '../digis-error.js'

/** The request with this key is still being applied; this one was not. The same again may succeed. */
export class IdempotencyKeyInProgressError extends DigisError {
  override readonly name = 'IdempotencyKeyInProgressError'
  override readonly retry = 'safe'

  constructor() {
    super('DIGIS_KEY_IN_PROGRESS', 'lock-unavailable', 'A request with the same key is still in progress.')
  }
}
