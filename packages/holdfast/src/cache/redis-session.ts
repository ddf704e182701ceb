import type { Clock } from '../base/clock.js'
import type { Warn } from '../base/warning.js'
import { type Breaker, type BreakerEvent, stepBreaker, UNTRIED } from '../resilience/circuit-breaker.js'
import { failureOf, type RedisFailure } from './redis-failure.js'
import { type LinkOptions, RedisLink } from './redis-link.js'

/** Whether the store answers, and why not. */
export interface StoreState {
  readonly available: boolean
  /** Why not, in words without addresses or secrets; `undefined` while available. */
  readonly reason: string | undefined
  /** Since when, in milliseconds on the store's clock. */
  readonly since: number
}

/** What the store is told. */
export interface SessionEvents {
  onInvalidated(tag: string): void
  onReset(): void
  onReady(): void
}

/** How a session works. */
export interface SessionOptions {
  readonly link: Omit<LinkOptions, 'events'>
  readonly random: () => number
  readonly warn: Warn
  readonly events: SessionEvents
}

/** Failures in a row after which calls are no longer made. */
const THRESHOLD = 5

/** Milliseconds between two looks at a server that answers: its settings may be changed while it runs. */
const LOOK_EVERY_MS = 30_000

/**
 * Keeps a link to Redis: opens it in the background, for ever, with jittered pauses, and takes it away from callers
 * while the breaker is open. Never keeps the process alive.
 */
export class RedisSession {
  readonly #options: SessionOptions
  #breaker: Breaker = UNTRIED
  #link: RedisLink | undefined
  /** The link of which it is being asked whether its server still holds the same cache. */
  #doubted: Promise<void> | undefined
  #state: StoreState
  #warned: string | undefined
  #timer: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #probes = 0
  #closed = false
  #endTry: () => void = () => undefined
  /** Resolves when the first attempt to open a link has ended, whichever way. */
  readonly tried: Promise<void>

  constructor(options: SessionOptions) {
    this.#options = options
    this.tried = new Promise(resolve => {
      this.#endTry = resolve
    })
    this.#state = { available: false, reason: 'not connected yet', since: this.#clock.now() }
    this.#schedule()
  }

  /** The link that calls may use now. */
  get link(): RedisLink | undefined {
    return this.#state.available ? this.#link : undefined
  }

  get state(): StoreState {
    return this.#state
  }

  succeeded(): void {
    // By far the most frequent event must cost nothing.
    if (this.#breaker.failures > 0 || this.#breaker.openings > 0) this.#step('succeeded')
    this.#warned = undefined
  }

  /** A call on this link failed. */
  failed(link: RedisLink, failure: RedisFailure): void {
    if (link !== this.#link || this.#closed) return
    const { trouble, code } = failure
    if (trouble === 'incarnation') this.doubt(link).catch(() => {})
    else if (trouble === 'slow' || trouble === 'busy') {
      if (code !== 'OOM') this.#step('failed', failure)
    } else this.#drop(failure)
  }

  /**
   * The server may hold another cache: everything known is void. Resolves when the link knows the present one.
   *
   * @throws RedisFailure when the server cannot be used any more
   */
  doubt(link: RedisLink): Promise<void> {
    if (link !== this.#link || this.#closed) return Promise.resolve()
    this.#doubted ??= this.#settleDoubt(link).finally(() => {
      this.#doubted = undefined
    })
    return this.#doubted
  }

  close(): void {
    this.#closed = true
    this.#clock.clearTimeout(this.#timer as NodeJS.Timeout)
    this.#clock.clearTimeout(this.#look as NodeJS.Timeout)
    this.#link?.close()
    this.#link = undefined
    this.#endTry()
    this.#unavailable('closed')
  }

  get #clock(): Clock {
    return this.#options.link.clock
  }

  async #settleDoubt(link: RedisLink): Promise<void> {
    this.#unavailable('Redis was restarted, flushed or failed over')
    this.#options.events.onReset()
    try {
      await link.verify()
    } catch (error) {
      if (link === this.#link) this.#drop(failureOf(error))
      throw error
    }
    if (link === this.#link && this.#breaker.state === 'closed') this.#ready()
  }

  /** Ends the link; another one is opened in the background. */
  #drop(failure: RedisFailure): void {
    const link = this.#link
    if (link === undefined) return
    this.#link = undefined
    link.close()
    this.#step('lost', failure)
    this.#options.events.onReset()
  }

  #step(event: BreakerEvent, failure?: RedisFailure): void {
    const before = this.#breaker
    this.#breaker = stepBreaker(before, event, {
      now: this.#clock.now(),
      random: this.#options.random(),
      threshold: THRESHOLD,
    })
    if (this.#breaker.state === before.state) return
    if (this.#breaker.state === 'open') {
      this.#unavailable(failure?.message ?? 'no answers', failure)
      this.#schedule()
    }
  }

  #schedule(): void {
    if (this.#closed) return
    const pause = Math.max(0, this.#breaker.retryAt - this.#clock.now())
    this.#timer = this.#clock.setTimeout(() => void this.#probe(), Number.isFinite(pause) ? pause : 0)
    this.#timer.unref()
  }

  async #probe(): Promise<void> {
    this.#step('elapsed')
    if (this.#breaker.state !== 'half-open') return this.#schedule()
    const probe = ++this.#probes
    const isOver = (): boolean =>
      this.#closed || probe !== this.#probes || this.#breaker.state !== 'half-open'
    try {
      if (this.#link === undefined) await this.#open()
      else await this.#check(this.#link)
    } catch (error) {
      if (!isOver()) this.#step('refused', failureOf(error))
      return this.#endTry()
    }
    if (isOver()) return this.#endTry()
    this.#step('restored')
    this.#ready()
    this.#endTry()
  }

  async #open(): Promise<void> {
    let link: RedisLink | undefined
    const { events } = this.#options
    const opened = await RedisLink.open({
      ...this.#options.link,
      events: {
        onInvalidated: tag => events.onInvalidated(tag),
        onDoubt: () => void (link && this.doubt(link).catch(() => {})),
        onLost: failure => {
          if (link !== undefined && link === this.#link) this.#drop(failure)
        },
      },
    })
    link = opened
    if (this.#closed) opened.close()
    else this.#link = opened
  }

  /** A link that was too slow for calls: it gets more time, or is given up. */
  async #check(link: RedisLink): Promise<void> {
    try {
      if (!(await link.verify())) this.#options.events.onReset()
    } catch (error) {
      if (link === this.#link) {
        this.#link = undefined
        link.close()
        this.#options.events.onReset()
      }
      throw error
    }
  }

  #ready(): void {
    this.#state = { available: true, reason: undefined, since: this.#clock.now() }
    this.#scheduleLook()
    this.#options.events.onReady()
  }

  #scheduleLook(): void {
    this.#clock.clearTimeout(this.#look as NodeJS.Timeout)
    this.#look = this.#clock.setTimeout(() => void this.#lookAgain(), LOOK_EVERY_MS)
    this.#look.unref()
  }

  /** Asks a server that answers whether it is still fit. While the breaker is open, its probe asks the same. */
  async #lookAgain(): Promise<void> {
    const { link } = this
    if (link === undefined) return
    let isSame: boolean
    try {
      isSame = await link.verify()
    } catch (error) {
      if (link === this.#link) this.#drop(failureOf(error))
      return
    }
    if (!isSame) this.#options.events.onReset()
    if (link !== this.link) return
    if (isSame) this.#scheduleLook()
    else this.#ready()
  }

  #unavailable(reason: string, failure?: RedisFailure): void {
    const since = this.#state.available ? this.#clock.now() : this.#state.since
    this.#state = { available: false, reason, since }
    if (failure === undefined || this.#warned === reason) return
    this.#warned = reason
    const message = `The cache in Redis cannot be used: ${reason}. Reads go to the database meanwhile.`
    this.#options.warn({ code: 'cache-unavailable', message })
  }
}
