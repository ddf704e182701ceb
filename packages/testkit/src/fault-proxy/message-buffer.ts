/** Collects what arrives until it is a whole message. */
export class MessageBuffer {
  #bytes: Buffer = Buffer.alloc(0)

  /** The next bytes of the stream. */
  add(chunk: Buffer): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk])
  }

  /**
   * Takes the next message out.
   *
   * @param lengthOf the length of the message that the bytes begin with; `undefined` when too little has arrived to tell
   * @returns `undefined` while it is not complete
   */
  take(lengthOf: (bytes: Buffer) => number | undefined): Buffer | undefined {
    if (this.#bytes.length === 0) return undefined
    const length = lengthOf(this.#bytes)
    if (length === undefined || length > this.#bytes.length) return undefined
    const message = this.#bytes.subarray(0, length)
    this.#bytes = this.#bytes.subarray(length)
    return message
  }
}
