/** Milliseconds and the signal that a wait ends with. */
export interface Wait {
  readonly patience: number
  readonly signal: AbortSignal | undefined
}

/**
 * Who asks for the same thing in this process waits for the first who did, before taking a connection: a caller that
 * repeats an impatient request ten times does not hold ten connections while the first one is slow.
 */
export class FirstComers {
  readonly #running = new Map<string, Promise<unknown>>()

  /**
   * Resolves at once when nobody else does the same; else when that is over, however it ended.
   *
   * @returns whether it was over in time
   */
  async after(name: string, { patience, signal }: Wait): Promise<boolean> {
    const first = this.#running.get(name)
    if (first === undefined) return true
    let stop = () => {}
    const late = new Promise<boolean>(resolve => {
      const timer = setTimeout(resolve, patience, false)
      const onAbort = () => resolve(false)
      signal?.addEventListener('abort', onAbort)
      stop = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', onAbort)
      }
    })
    return Promise.race([first.then(() => true), late]).finally(() => stop())
  }

  /** Runs something; whoever comes meanwhile is to wait for it, unless they wait for another one already. */
  run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const running = work()
    if (this.#running.has(name)) return running
    const settled = running.then(
      () => this.#running.delete(name),
      () => this.#running.delete(name),
    )
    this.#running.set(name, settled)
    return running
  }
}
