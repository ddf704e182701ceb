import { crc32 } from 'node:zlib'
import { compress, decompress } from './entry-compression.js'
import { decrypt, type EncryptionKeys, encrypt } from './entry-encryption.js'
import { readEntry, type StoredValue, writeEntry } from './entry-layout.js'

/** How values are kept outside of the process. Keys are checked before, with `checkKeys`. */
export interface CodecOptions {
  /** Bytes above which a value is compressed. Default: 2 KiB, where it begins to take less than half the room. */
  readonly compressAbove?: number | undefined
  /** Default: not encrypted. */
  readonly encryption?: EncryptionKeys | undefined
}

/** A value, or why there is none. */
export type Decoded =
  | { readonly value: StoredValue; readonly reason?: never }
  | { readonly value: undefined; readonly reason: DecodeFailure }

/**
 * - `version`: of another format, older or newer
 * - `encryption`: encrypted and there are no keys, or not encrypted and there are
 * - `unknown-key`: encrypted with a key that is not among ours
 * - `corrupt`: cut off, changed, of another owner, encrypted with other bytes under the same id, or never a value
 */
export type DecodeFailure = 'version' | 'encryption' | 'unknown-key' | 'corrupt'

/** The first byte. Change it with anything that changes what the bytes mean. */
const VERSION = 2
/** Bits of the second byte. */
const COMPRESSED = 1
const ENCRYPTED = 2
const HEAD_BYTES = 2
const CHECKSUM_BYTES = 4
const COMPRESS_ABOVE = 2_048

/**
 * Makes bytes of a value: version, flags, then the sealed value. Not encrypted, it is sealed by a checksum that the owner
 * is part of; encrypted, by the cipher, with the owner and the version as additional data.
 *
 * @param owner what the value belongs to: it is none of anything else
 * @returns a promise for large values, which another thread compresses
 */
export function encodeEntry(
  owner: string,
  value: StoredValue,
  { compressAbove = COMPRESS_ABOVE, encryption }: CodecOptions = {},
): Buffer | Promise<Buffer> {
  const bytes = writeEntry(value)
  const compressed = bytes.length > compressAbove
  const head = Buffer.of(VERSION, (compressed ? COMPRESSED : 0) | (encryption === undefined ? 0 : ENCRYPTED))
  const packed = compressed ? compress(bytes) : bytes
  const seal = (packed: Buffer) =>
    encryption === undefined
      ? Buffer.concat([head, checksum(owner, head, packed), packed])
      : Buffer.concat([head, encrypt(packed, contextOf(owner, head), encryption)])
  return packed instanceof Promise ? packed.then(seal) : seal(packed)
}

/**
 * Makes a value of bytes that {@link encodeEntry} made for the same owner. Never throws and never rejects, whatever the
 * bytes are.
 *
 * @returns a promise for large values, which another thread decompresses
 */
export function decodeEntry(
  owner: string,
  bytes: Buffer,
  { encryption }: CodecOptions = {},
): Decoded | Promise<Decoded> {
  if (bytes[0] !== VERSION) return failed(bytes.length === 0 ? 'corrupt' : 'version')
  const flags = bytes[1] ?? 0
  if (((flags & ENCRYPTED) !== 0) !== (encryption !== undefined)) return failed('encryption')
  try {
    const packed = encryption === undefined ? checked(owner, bytes) : opened(owner, bytes, encryption)
    if (packed === 'unknown-key') return failed(packed)
    if ((flags & COMPRESSED) === 0) return { value: readEntry(packed) }
    const unpacked = decompress(packed)
    if (unpacked instanceof Promise) return unpacked.then(read, corrupt)
    return { value: readEntry(unpacked) }
  } catch {
    return corrupt()
  }
}

function read(bytes: Buffer): Decoded {
  try {
    return { value: readEntry(bytes) }
  } catch {
    return corrupt()
  }
}

function corrupt(): Decoded {
  return failed('corrupt')
}

function failed(reason: DecodeFailure): Decoded {
  return { value: undefined, reason }
}

/** What the bytes belong to. */
function contextOf(owner: string, head: Buffer): Buffer {
  return Buffer.concat([head, Buffer.from(owner)])
}

/** Of everything that a value which is not encrypted is made of. */
function checksum(owner: string, head: Buffer, packed: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(CHECKSUM_BYTES)
  bytes.writeUInt32LE(crc32(packed, crc32(owner, head.readUInt16LE(0))))
  return bytes
}

/** What is behind the checksum. @throws RangeError when it is of something else */
function checked(owner: string, bytes: Buffer): Buffer {
  const packed = bytes.subarray(HEAD_BYTES + CHECKSUM_BYTES)
  const expected = crc32(packed, crc32(owner, bytes.readUInt16LE(0)))
  if (bytes.readUInt32LE(HEAD_BYTES) !== expected) throw new RangeError('another checksum')
  return packed
}

function opened(owner: string, bytes: Buffer, encryption: EncryptionKeys): Buffer | 'unknown-key' {
  return decrypt(bytes.subarray(HEAD_BYTES), contextOf(owner, bytes.subarray(0, HEAD_BYTES)), encryption)
}
