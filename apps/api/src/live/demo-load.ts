/** What became of the requests of a load. */
export interface LoadTally {
  readonly running: boolean
  readonly succeeded: number
  readonly failed: number
}

/** What a load is made of. */
export interface LoadParts {
  /** Such as `http://127.0.0.1:3000`; known once the service listens. */
  readonly address: () => string
  /** Of the service role, whom no rate limit stops. */
  readonly token: string
  readonly random: () => number
}

/** As many requests are under way at once. */
const CALLERS = 8
/** Milliseconds of thought between two requests of a caller, at most. */
const THOUGHT = 60
/** Milliseconds that a caller waits for an answer. */
const PATIENCE = 15_000
const WORDS = ['yoga', 'music', 'chess', 'piano', 'salsa', 'art']

/** Callers in this process who ask the service over HTTP, as people would, for some time. */
export class DemoLoad {
  readonly #parts: LoadParts
  #succeeded = 0
  #failed = 0
  #running = 0
  #stopped = false

  constructor(parts: LoadParts) {
    this.#parts = parts
  }

  /** How it goes, or how the latest one went. */
  get tally(): LoadTally {
    return { running: this.#running > 0, succeeded: this.#succeeded, failed: this.#failed }
  }

  /** Runs for so many milliseconds; does nothing while it runs already. */
  start(millis: number): void {
    if (this.#running > 0) return
    this.#succeeded = 0
    this.#failed = 0
    this.#stopped = false
    const end = performance.now() + millis
    for (let caller = 0; caller < CALLERS; caller++) void this.#call(end)
  }

  /** Callers finish what they ask at the moment. */
  stop(): void {
    this.#stopped = true
  }

  async #call(end: number): Promise<void> {
    this.#running++
    while (performance.now() < end && !this.#stopped) {
      await this.#ask()
      await new Promise(resolve => setTimeout(resolve, this.#parts.random() * THOUGHT))
    }
    this.#running--
  }

  async #ask(): Promise<void> {
    const headers = { authorization: `Bearer ${this.#parts.token}` }
    try {
      const response = await fetch(this.#parts.address() + this.#path(), {
        headers,
        signal: AbortSignal.timeout(PATIENCE),
      })
      await response.arrayBuffer()
      if (response.ok) this.#succeeded++
      else this.#failed++
    } catch {
      if (!this.#stopped) this.#failed++
    }
  }

  /** Half of them are asked again and again, and come from the cache. */
  #path(): string {
    const { random } = this.#parts
    const pick = Math.floor(random() * WORDS.length)
    if (random() < 0.4) return `/api/creators?limit=10&offset=${pick * 10}`
    if (random() < 0.5) return `/api/creators/search?q=${WORDS[pick]}&limit=5`
    return `/api/creators/search?q=${WORDS[pick]}${Math.floor(random() * 1000)}&limit=5`
  }
}
