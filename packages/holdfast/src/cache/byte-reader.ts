/** Reads what a `ByteWriter` wrote. Each method throws a RangeError where the bytes cannot be what it wrote. */
export class ByteReader {
  readonly #buffer: Buffer
  #position = 0

  constructor(buffer: Buffer) {
    this.#buffer = buffer
  }

  get left(): number {
    return this.#buffer.length - this.#position
  }

  count(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#buffer[this.#position++]
      if (byte === undefined || scale > 2 ** 49) throw new RangeError('no number')
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 0x80
    }
  }

  integer(): number {
    const value = this.count()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  double(): number {
    return this.#buffer.readDoubleLE(this.#advance(8))
  }

  text(): string {
    const bytes = this.count()
    return this.#buffer.toString('utf8', this.#advance(bytes), this.#position)
  }

  /** A text of which the length in bytes and in characters are known; equal, it is ASCII. */
  bareText(bytes: number, characters: number): string {
    const start = this.#advance(bytes)
    return this.#buffer.toString(bytes === characters ? 'latin1' : 'utf8', start, start + bytes)
  }

  /** Whether these bytes come next; then they are behind us. */
  skips(bytes: Buffer): boolean {
    const end = this.#position + bytes.length
    if (bytes.length > this.left || this.#buffer.compare(bytes, 0, bytes.length, this.#position, end) !== 0)
      return false
    this.#position = end
    return true
  }

  /** Bytes of their own length, not copied. */
  slice(bytes: number): Buffer {
    const start = this.#advance(bytes)
    return this.#buffer.subarray(start, start + bytes)
  }

  #advance(bytes: number): number {
    if (bytes > this.left) throw new RangeError('too short')
    const start = this.#position
    this.#position += bytes
    return start
  }
}
