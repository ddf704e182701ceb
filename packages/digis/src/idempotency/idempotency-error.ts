import { DigisError } from '../digis-error.js'

/** The key stands for another request; nothing was applied. */
export class IdempotencyKeyReusedError extends DigisError {
  override readonly name = 'IdempotencyKeyReusedError'

  constructor() {
    const message = 'The key was used for another request. Use a new key for each new request.'
    super('DIGIS_KEY_REUSED', 'invalid-input', message)
  }
}

/** The request with this key is still being applied; this one was not. The same again may succeed. */
export class IdempotencyKeyInProgressError extends DigisError {
  override readonly name = 'IdempotencyKeyInProgressError'
  override readonly retry = 'safe'

  constructor() {
    super('DIGIS_KEY_IN_PROGRESS', 'lock-unavailable', 'A request with the same key is still in progress.')
  }
}
