import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'

/** The log file of a server, of which the lines since the latest start matter. */
export class ServerLog {
  readonly path: string
  #start = 0

  constructor(path: string) {
    this.path = path
  }

  /** Notes that a new run of the server begins here. */
  mark(): void {
    this.#start = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0
  }

  /** What the server has written since the mark, at most the last 16 KiB. */
  text(): string {
    const file = openSync(this.path, 'a+')
    try {
      const { size } = fstatSync(file)
      const from = Math.max(this.#start, size - 16 * 1024)
      const buffer = Buffer.alloc(Math.max(0, size - from))
      readSync(file, buffer, 0, buffer.length, from)
      return buffer.toString()
    } finally {
      closeSync(file)
    }
  }
}
