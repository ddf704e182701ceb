import { closeSync, openSync, readSync, rmSync } from 'node:fs'
import type { HistoryEvent } from './events.js'

/** Bytes read at once: many lines. */
const CHUNK = 1024 * 1024

/** Follows what a {@link HistoryRecorder} writes, and removes each file that has been read to its end. */
export class HistoryReader {
  readonly #path: string
  readonly #buffer = Buffer.allocUnsafe(CHUNK)
  #fileNumber = 0
  #file: number | undefined
  /** The beginning of a line whose end has not been written yet. */
  #rest: Buffer = Buffer.alloc(0)

  /** @param path as it was given to the recorder */
  constructor(path: string) {
    this.#path = path
  }

  /** What has been written since the last call. A line that a SIGKILL cut short is never returned. */
  *events(): Generator<HistoryEvent> {
    this.#file ??= this.#open()
    while (this.#file !== undefined) {
      const length = readSync(this.#file, this.#buffer, 0, CHUNK, null)
      if (length === 0) return
      for (const line of this.#lines(this.#buffer.subarray(0, length))) {
        if (line === '"next"') this.#nextFile()
        else yield JSON.parse(line)
      }
    }
  }

  /** Removes what is left. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file)
    rmSync(`${this.#path}.${this.#fileNumber}`, { force: true })
    this.#file = undefined
  }

  /** Whole lines; what is left waits for its end. */
  #lines(chunk: Buffer): string[] {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    const end = all.lastIndexOf('\n') + 1
    this.#rest = Buffer.from(all.subarray(end))
    return end === 0 ? [] : all.toString('utf8', 0, end - 1).split('\n')
  }

  /** This file has been read to its end. */
  #nextFile(): void {
    this.close()
    this.#fileNumber += 1
    this.#file = this.#open()
  }

  /** `undefined` while the recorder has not begun. */
  #open(): number | undefined {
    try {
      return openSync(`${this.#path}.${this.#fileNumber}`, 'r')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}
