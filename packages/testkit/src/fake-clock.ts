/** A clock that stands still until a test turns it; fits wherever a clock is an argument. */
export interface FakeClock {
  /** Milliseconds. */
  now(): number
  setTimeout(callback: () => void, millis: number): NodeJS.Timeout
  /** Stops a timer; one that has fired or was stopped changes nothing. */
  clearTimeout(timer: NodeJS.Timeout): void
  /**
   * Turns the clock by so many milliseconds. Timers due until then fire in the order of their times, each at its
   * own time, and what they cause through promises happens before the next one fires.
   */
  advance(millis: number): Promise<void>
  /** How many timers wait to fire. */
  readonly pending: number
}

/** A fake clock that shows `start` milliseconds. */
export function fakeClock(start = 0): FakeClock {
  const timers = new Set<FakeTimer>()
  let now = start
  const clock: FakeClock = {
    now: () => now,
    setTimeout: (callback, millis) => new FakeTimer(timers, () => now, { callback, millis }),
    clearTimeout: timer => timers.delete(timer as FakeTimer),
    async advance(millis) {
      const end = now + millis
      await settle()
      for (let timer = nextDue(timers, end); timer; timer = nextDue(timers, end)) {
        now = Math.max(now, timer.due)
        timer.fire()
        await settle()
      }
      now = end
    },
    get pending() {
      return timers.size
    },
  }
  return clock
}

/** What a timer does, and after how many milliseconds. */
interface Alarm {
  readonly callback: () => void
  readonly millis: number
}

/** What Node's setTimeout returns, as far as code under test can tell. */
class FakeTimer implements NodeJS.Timeout {
  due = 0
  #referenced = true
  readonly #timers: Set<FakeTimer>
  readonly #now: () => number
  readonly #alarm: Alarm

  constructor(timers: Set<FakeTimer>, now: () => number, alarm: Alarm) {
    this.#timers = timers
    this.#now = now
    this.#alarm = alarm
    this.refresh()
  }

  fire(): void {
    this.#timers.delete(this)
    this.#alarm.callback()
  }

  refresh(): this {
    // Moved to the end: of two timers due at the same time, the one set later fires later.
    this.#timers.delete(this)
    this.#timers.add(this)
    this.due = this.#now() + Math.max(0, this.#alarm.millis)
    return this
  }

  close(): this {
    this.#timers.delete(this)
    return this
  }

  ref(): this {
    this.#referenced = true
    return this
  }

  unref(): this {
    this.#referenced = false
    return this
  }

  hasRef(): boolean {
    return this.#referenced
  }

  _onTimeout(): void {
    this.fire()
  }

  [Symbol.toPrimitive](): number {
    return this.due
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** The timer that is due first, up to and with `end`; the older one of two that are due together. */
function nextDue(timers: Set<FakeTimer>, end: number): FakeTimer | undefined {
  let next: FakeTimer | undefined
  for (const timer of timers) {
    if (timer.due <= end && (next === undefined || timer.due < next.due)) next = timer
  }
  return next
}

/** Lets every promise that can settle without time passing do so. */
function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
