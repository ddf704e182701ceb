import { ChildProcess } from 'node:child_process'

/** What every way to start a process beside this one goes through; not in the types of Node.js. */
interface Spawning {
  spawn(...args: unknown[]): unknown
}

const prototype = ChildProcess.prototype as unknown as Spawning

/** Counts the processes that this one starts: where there can be no new children, nobody has to look for them. */
export class SpawnCount {
  #count = 0
  readonly #original = prototype.spawn

  /** Counts from now on, until {@link SpawnCount.stop}. */
  constructor() {
    const note = (): void => {
      this.#count++
    }
    const original = this.#original
    prototype.spawn = function spawn(this: Spawning, ...args: unknown[]): unknown {
      note()
      return original.apply(this, args)
    }
  }

  get count(): number {
    return this.#count
  }

  stop(): void {
    prototype.spawn = this.#original
  }
}
