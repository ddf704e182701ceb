const FIRST_SIZE = 16 * 1_024
/** A larger buffer is not kept for the next entry. */
const LARGEST_KEPT = 1_024 * 1_024

/** The buffer of the next writer; taken while one is at work. */
let kept: Buffer | undefined

/** Writes a sequence of bytes whose length is not known before. Done with {@link ByteWriter.bytes}. */
export class ByteWriter {
  #buffer: Buffer
  #length = 0

  constructor() {
    this.#buffer = kept ?? Buffer.allocUnsafeSlow(FIRST_SIZE)
    kept = undefined
  }

  /** A whole number from 0 to 2⁵³, in as few bytes as it takes. */
  count(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 0x7f) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#length++] = rest
  }

  /** A whole number, negative ones included. */
  integer(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** Any number. */
  double(value: number): void {
    this.#reserve(8)
    this.#length = this.#buffer.writeDoubleLE(value, this.#length)
  }

  /** A text behind its length in bytes. */
  text(value: string): void {
    const bytes = Buffer.byteLength(value)
    this.count(bytes)
    this.bareText(value, bytes)
  }

  /** A text whose length in bytes is known. */
  bareText(value: string, bytes: number): void {
    this.#reserve(bytes)
    this.#length += this.#buffer.write(value, this.#length, bytes === value.length ? 'latin1' : 'utf8')
  }

  /** A copy of all that was written. */
  bytes(): Buffer {
    const bytes = Buffer.from(this.#buffer.subarray(0, this.#length))
    if (this.#buffer.length <= LARGEST_KEPT) kept = this.#buffer
    return bytes
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#buffer.length, this.#length + bytes))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}
