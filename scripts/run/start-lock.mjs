import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

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
      this.#discard(note)
    }
  }

  /** @param {string} address where this start listens */
  announce(address) {
    renameSync(this.#draft({ pid: process.pid, address }), this.#file)
  }

  release() {
    if (this.#read()?.pid === process.pid) rmSync(this.#file, { force: true })
  }

  /** @returns {boolean} whether there was no note, and now there is ours */
  #create() {
    return this.#link(this.#draft({ pid: process.pid }))
  }

  /**
   * Removes a note that does not count. Of two starts that found it at once, the slower one must not remove the
   * note that the faster one has written since.
   *
   * @param {Note | undefined} stale
   */
  #discard(stale) {
    const aside = this.#private()
    try {
      renameSync(this.#file, aside)
    } catch (error) {
      // The other start was faster.
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return
      throw error
    }
    if (this.#read(aside)?.pid === stale?.pid) rmSync(aside, { force: true })
    else this.#link(aside)
  }

  /**
   * Writes a note beside the lock: under its final name nobody ever sees half of one.
   *
   * @param {Note} note
   * @returns {string} the file
   */
  #draft(note) {
    const draft = this.#private()
    writeFileSync(draft, JSON.stringify(note))
    return draft
  }

  /**
   * Gives a file of ours the name of the lock.
   *
   * @param {string} file gone afterwards
   * @returns {boolean} false: there is a note already
   */
  #link(file) {
    try {
      linkSync(file, this.#file)
      return true
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false
      throw error
    } finally {
      rmSync(file, { force: true })
    }
  }

  /** The name of a file that no other start writes. */
  #private() {
    return `${this.#file}.${process.pid}`
  }

  /** @returns {Note | undefined} */
  #read(file = this.#file) {
    try {
      return JSON.parse(readFileSync(file, 'utf8'))
    } catch {
      // Gone, or no note at all.
      return undefined
    }
  }
}
