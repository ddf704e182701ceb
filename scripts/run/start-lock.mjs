import { closeSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'

/**
 * The note that a running start leaves in the data folder: which process it is, and where it listens.
 *
 * @typedef {{ pid: number, address?: string }} Note
 */

/** Keeps two starts from using the same data at once. A note of a process that was killed does not count. */
export class StartLock {
  #file
  #isStart

  /**
   * @param {string} file
   * @param {(pid: number) => boolean} isStart whether the process with this id is a running start
   */
  constructor(file, isStart) {
    this.#file = file
    this.#isStart = isStart
  }

  /** @returns {Note | undefined} the note of the start that runs already; `undefined` when the lock is now ours */
  take() {
    for (;;) {
      if (this.#create()) return undefined
      const note = this.#read()
      if (note && note.pid !== process.pid && this.#isStart(note.pid)) return note
      rmSync(this.#file, { force: true })
    }
  }

  /** @param {string} address where this start listens */
  announce(address) {
    writeFileSync(this.#file, JSON.stringify({ pid: process.pid, address }))
  }

  release() {
    if (this.#read()?.pid === process.pid) rmSync(this.#file, { force: true })
  }

  /** @returns {boolean} whether there was no note, and now there is ours */
  #create() {
    try {
      const file = openSync(this.#file, 'wx')
      writeSync(file, JSON.stringify({ pid: process.pid }))
      closeSync(file)
      return true
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
      throw error
    }
  }

  /** @returns {Note | undefined} */
  #read() {
    try {
      return JSON.parse(readFileSync(this.#file, 'utf8'))
    } catch {
      // Gone, or written halfway by a start that was killed.
      return undefined
    }
  }
}
