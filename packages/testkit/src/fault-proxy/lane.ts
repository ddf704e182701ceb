import type { Socket } from 'node:net'

/** Something on its way: not passed on before `due`, in milliseconds of {@link performance.now}. */
interface Piece {
  readonly bytes: Buffer
  readonly due: number
}

/** One direction of one connection: passes on in order, at once unless it is held, delayed or throttled. */
export class Lane {
  readonly #from: Socket
  readonly #to: Socket
  readonly #queue: Piece[] = []
  /** Why it is held; each reason is lifted by itself. */
  readonly #holds = new Set<object>()
  #delay = 0
  #bytesPerSecond = Number.POSITIVE_INFINITY
  #lastDue = 0
  #timer: NodeJS.Timeout | undefined
  #isLast = false

  constructor(from: Socket, to: Socket) {
    this.#from = from
    this.#to = to
  }

  /** Everything sent from now on arrives this many milliseconds later. */
  set delay(millis: number) {
    this.#delay = millis
  }

  /** Everything sent from now on arrives no faster than this. */
  set bytesPerSecond(limit: number) {
    this.#bytesPerSecond = limit
  }

  /** Passes bytes on after everything sent before. */
  send(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#isFree) return this.#write(bytes)
    const now = performance.now()
    const start = Math.max(now + this.#delay, this.#lastDue)
    this.#lastDue = start + (bytes.length / this.#bytesPerSecond) * 1_000
    this.#queue.push({ bytes, due: this.#lastDue })
    this.#pass()
  }

  /** Nothing goes on, and nothing more is read, so that the sender's buffers fill. */
  hold(reason: object): void {
    this.#holds.add(reason)
    this.#from.pause()
  }

  /** Lets everything go on, when no other reason holds it. */
  release(reason: object): void {
    this.#holds.delete(reason)
    if (this.#holds.size > 0) return
    this.#from.resume()
    this.#pass()
  }

  /** Ends the receiving side when everything sent so far has arrived there. */
  end(): void {
    this.#isLast = true
    this.#pass()
  }

  /** Forgets what is on its way. */
  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#queue.length = 0
  }

  /** Whether bytes may go on in the moment they come. */
  get #isFree(): boolean {
    const isPlain = this.#delay === 0 && this.#bytesPerSecond === Number.POSITIVE_INFINITY
    return isPlain && this.#queue.length === 0 && this.#holds.size === 0
  }

  /** Passes on what is due, and looks again when the next piece is. */
  #pass(): void {
    if (this.#timer !== undefined || this.#holds.size > 0) return
    for (let piece = this.#queue[0]; piece !== undefined; piece = this.#queue[0]) {
      const wait = piece.due - performance.now()
      if (wait > 0) return this.#later(wait)
      this.#queue.shift()
      this.#write(piece.bytes)
    }
    if (this.#isLast && this.#to.writable) this.#to.end()
  }

  #later(millis: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pass()
    }, millis)
  }

  /** No faster than the other side takes it. */
  #write(bytes: Buffer): void {
    if (!this.#to.writable || this.#to.write(bytes)) return
    this.#from.pause()
    this.#to.once('drain', () => {
      if (this.#holds.size === 0) this.#from.resume()
    })
  }
}
