import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'

/**
 * Notes a value that must never be printed. When the environment names a file in `HOLDFAST_SECRETS_FILE`, the
 * value is appended to it on a line of its own, and whoever runs the tests searches their output for it.
 */
export function registerSecret(secret: string): void {
  const file = process.env.HOLDFAST_SECRETS_FILE
  if (file) appendFileSync(file, `${secret}\n`, { mode: 0o600 })
}

/** A new random password of 128 bits, safe inside a URL, already registered as a secret. */
export function newPassword(): string {
  const password = randomBytes(16).toString('hex')
  registerSecret(password)
  return password
}
