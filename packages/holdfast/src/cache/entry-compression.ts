import { promisify } from 'node:util'
import { constants, deflateRaw, deflateRawSync, inflateRaw, inflateRawSync } from 'node:zlib'

/**
 * Level 1 of deflate: rows shrink to a fifth, and to no less at level 6, which takes 2.5 times as long. Brotli
 * compresses as fast, but takes half as long again to decompress, which every hit in a remote tier pays.
 */
const OPTIONS = { level: constants.Z_BEST_SPEED }

/** Bytes up to which the work is done at once, in less than half a millisecond; beyond, by another thread. */
const MOST_AT_ONCE = 128 * 1_024

/** Bytes that one entry may have when it is unpacked: what claims more is not unpacked. */
export const LARGEST_ENTRY = 256 * 1_024 * 1_024

const deflateElsewhere = promisify(deflateRaw) as (bytes: Buffer, options: object) => Promise<Buffer>
const inflateElsewhere = promisify(inflateRaw) as (bytes: Buffer, options: object) => Promise<Buffer>

/** Compresses; the size comes first, so that unpacking has a bound. */
export function compress(bytes: Buffer): Buffer | Promise<Buffer> {
  const pack = (deflated: Buffer) => {
    const size = Buffer.allocUnsafe(4)
    size.writeUInt32LE(bytes.length)
    return Buffer.concat([size, deflated])
  }
  if (bytes.length <= MOST_AT_ONCE) return pack(deflateRawSync(bytes, OPTIONS))
  return deflateElsewhere(bytes, OPTIONS).then(pack)
}

/** Undoes {@link compress}. @throws Error, or rejects, when the bytes are none or unpack to another size than they say */
export function decompress(bytes: Buffer): Buffer | Promise<Buffer> {
  const size = bytes.readUInt32LE(0)
  if (size === 0 || size > LARGEST_ENTRY) throw new RangeError('size out of bounds')
  const deflated = bytes.subarray(4)
  const check = (inflated: Buffer) => {
    if (inflated.length !== size) throw new RangeError('another size')
    return inflated
  }
  if (size <= MOST_AT_ONCE) return check(inflateRawSync(deflated, { maxOutputLength: size }))
  return inflateElsewhere(deflated, { maxOutputLength: size }).then(check)
}
