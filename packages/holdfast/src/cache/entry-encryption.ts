import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { OptionsError } from '../base/errors.js'

/** Keys for values at rest. A new `current` takes over at once; keep the former while entries written with it live. */
export interface EncryptionKeys {
  /** The id of the key to encrypt with. */
  readonly current: string
  /** Keys of 32 bytes, by ids of 1 to 255 bytes. */
  readonly keys: Readonly<Record<string, Uint8Array>>
}

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const OPTIONS = { authTagLength: TAG_BYTES }

/** @throws OptionsError for keys of another length, ids that do not fit, or a current key that is missing */
export function checkKeys({ current, keys }: EncryptionKeys): void {
  const path = 'cache.encryption'
  for (const [id, key] of Object.entries(keys)) {
    const length = Buffer.byteLength(id)
    if (length < 1 || length > 255)
      throw new OptionsError(`${path}.keys`, 'ids of 1 to 255 bytes', `${length} bytes`)
    if (!(key instanceof Uint8Array) || key.length !== KEY_BYTES) {
      const given = key instanceof Uint8Array ? `${key.length} bytes` : typeof key
      throw new OptionsError(`${path}.keys.${id}`, `a Buffer of ${KEY_BYTES} bytes`, given)
    }
  }
  if (!Object.hasOwn(keys, current))
    throw new OptionsError(`${path}.current`, 'the id of one of the keys', 'another')
}

/**
 * Encrypts with AES-256-GCM: the id of the key behind its length, a random nonce, the ciphertext, the tag.
 *
 * @param context what the bytes belong to: they decrypt nowhere else
 */
export function encrypt(bytes: Buffer, context: Buffer, { current, keys }: EncryptionKeys): Buffer {
  const id = Buffer.from(current)
  const head = Buffer.concat([Buffer.of(id.length), id])
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, keys[current] as Uint8Array, nonce, OPTIONS)
  cipher.setAAD(Buffer.concat([head, context]))
  return Buffer.concat([head, nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

/** Undoes {@link encrypt}; `unknown-key` when none of the keys has the id. @throws Error for anything else amiss */
export function decrypt(bytes: Buffer, context: Buffer, { keys }: EncryptionKeys): Buffer | 'unknown-key' {
  const headLength = 1 + bytes.readUInt8(0)
  const ciphertext = headLength + NONCE_BYTES
  const end = bytes.length - TAG_BYTES
  if (ciphertext > end) throw new RangeError('too short')
  const id = bytes.toString('utf8', 1, headLength)
  const key = Object.hasOwn(keys, id) ? keys[id] : undefined
  if (key === undefined) return 'unknown-key'
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(headLength, ciphertext), OPTIONS)
  decipher.setAAD(Buffer.concat([bytes.subarray(0, headLength), context]))
  decipher.setAuthTag(bytes.subarray(end))
  return Buffer.concat([decipher.update(bytes.subarray(ciphertext, end)), decipher.final()])
}
