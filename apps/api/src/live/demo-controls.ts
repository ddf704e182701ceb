import { DemoLoad, type LoadParts, type LoadTally } from './demo-load.js'

/** What can be done to the servers of the demo; each resolves when the server is back. */
export interface DemoFaults {
  /** Kills PostgreSQL and starts it again. */
  readonly killDatabase: () => Promise<void>
  /** Freezes PostgreSQL for a while. */
  readonly stallDatabase: () => Promise<void>
  /** Kills Redis and starts it again; absent without one. */
  readonly killRedis?: (() => Promise<void>) | undefined
}

/** The words for what the buttons of the demo do. */
export type DemoAction = keyof DemoFaults | 'runLoad'

/** How the demo is, for the page. */
export interface DemoState {
  readonly actions: readonly DemoAction[]
  /** What is going on. */
  readonly fault: DemoAction | null
  readonly load: LoadTally
}

/** Milliseconds that a load goes on. */
const LOAD = 45_000

/** The buttons of the demo: one fault at a time. */
export class DemoControls {
  readonly #faults: DemoFaults
  readonly #load: DemoLoad
  readonly #failed: (error: unknown) => void
  #fault: DemoAction | null = null

  /** @param failed told when a server could not be started again */
  constructor(faults: DemoFaults, load: LoadParts, failed: (error: unknown) => void) {
    this.#faults = faults
    this.#load = new DemoLoad(load)
    this.#failed = failed
  }

  get state(): DemoState {
    const faults = (['killDatabase', 'stallDatabase', 'killRedis'] as const).filter(
      name => this.#faults[name] !== undefined,
    )
    return { actions: ['runLoad', ...faults], fault: this.#fault, load: this.#load.tally }
  }

  /** Begins an action; `runLoad` again ends the load. @returns `false` when there is none of that name, or another fault is going on */
  begin(action: string): boolean {
    if (!(this.state.actions as readonly string[]).includes(action)) return false
    if (action === 'runLoad') {
      if (this.#load.tally.running) this.#load.stop()
      else this.#load.start(LOAD)
      return true
    }
    if (this.#fault !== null) return false
    void this.#run(action as keyof DemoFaults)
    return true
  }

  /** Ends the load; a fault that is going on ends by itself. */
  close(): void {
    this.#load.stop()
  }

  async #run(name: keyof DemoFaults): Promise<void> {
    this.#fault = name
    try {
      await this.#faults[name]?.()
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#fault = null
    }
  }
}
