import net from 'node:net'
import { onTestFinished } from 'vitest'

/** Something on its way that does not go on. */
export interface Hold {
  /** Resolves when it has come this far. */
  readonly reached: Promise<void>
  /** Lets it go on, and all behind it. */
  pass(): void
  /** Ends the client's side at once; what is held can still pass, as if it had been under way in the network. */
  loseClient(): void
}

/** Requests go to the server, answers to the client. */
export type Direction = 'requests' | 'answers'

/** A network between a client and a server in which everything happens when a test says so. */
export interface Relay {
  readonly port: number
  /** Where new connections lead. */
  target: number
  /** Connections accepted, and pieces of requests that came in, so far. */
  readonly traffic: number
  /** Holds the next piece with this text, and all behind it on its connection. */
  holdAt(text: string, direction?: Direction): Hold
  /** Nothing goes on in a direction, on all connections there are and will be, until {@link Relay.resume}. */
  stall(...directions: readonly Direction[]): void
  resume(): void
  /** Ends all connections there are. */
  cut(): void
  /** New connections are ended at once, or no longer. */
  refuse(isRefusing: boolean): void
  /** The URL with this port. */
  url(url: string): string
}

interface Watch {
  readonly text: string
  readonly direction: Direction
  readonly caught: (lane: Lane) => void
}

/** What the connections of a relay have in common. */
interface Traffic {
  readonly watches: Set<Watch>
  readonly stalled: Set<Direction>
  count: number
}

/** One direction of one connection. */
class Lane {
  readonly #queue: Buffer[] = []
  readonly #to: net.Socket
  #isHeld = false
  #isLast = false

  constructor(to: net.Socket) {
    this.#to = to
  }

  get isHeld(): boolean {
    return this.#isHeld
  }

  hold(): void {
    this.#isHeld = true
  }

  push(piece: Buffer): void {
    if (this.#isHeld) this.#queue.push(piece)
    else this.#to.write(piece)
  }

  /** Nothing comes after what is held. */
  last(): void {
    this.#isLast = true
    if (!this.#isHeld) this.#to.end()
  }

  pass(): void {
    this.#isHeld = false
    for (const piece of this.#queue.splice(0)) this.#to.write(piece)
    if (this.#isLast) this.#to.end()
  }
}

interface Pair {
  readonly near: net.Socket
  readonly far: net.Socket
  readonly lanes: Readonly<Record<Direction, Lane>>
}

/** Starts a relay to a port of this machine; it ends with the test. */
export async function startRelay(target: number): Promise<Relay> {
  const pairs = new Set<Pair>()
  const traffic: Traffic = { watches: new Set(), stalled: new Set(), count: 0 }
  const state = { target, isRefusing: false }
  const server = net.createServer(near => {
    traffic.count++
    if (state.isRefusing) return near.destroy()
    const pair = connect(near, state.target, traffic)
    pairs.add(pair)
    // The server's side may outlive the client's while something is held.
    pair.far.on('close', () => pairs.delete(pair))
    return undefined
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  const cut = () => {
    for (const { near, far } of pairs) for (const socket of [near, far]) socket.destroy()
  }
  onTestFinished(async () => {
    cut()
    await new Promise(resolve => server.close(resolve))
  })
  return {
    port,
    get target() {
      return state.target
    },
    set target(next) {
      state.target = next
    },
    get traffic() {
      return traffic.count
    },
    holdAt: (text, direction = 'requests') => holdAt({ text, direction }, { traffic, pairs }),
    stall(...directions) {
      for (const direction of directions) {
        traffic.stalled.add(direction)
        for (const { lanes } of pairs) lanes[direction].hold()
      }
    },
    resume() {
      traffic.stalled.clear()
      for (const { lanes } of pairs) for (const lane of Object.values(lanes)) lane.pass()
    },
    cut,
    refuse: isRefusing => {
      state.isRefusing = isRefusing
    },
    url: url => Object.assign(new URL(url), { port: String(port) }).href,
  }
}

function connect(near: net.Socket, target: number, traffic: Traffic): Pair {
  const far = net.connect(target, '127.0.0.1')
  const lanes = { requests: new Lane(far), answers: new Lane(near) }
  forward(near, lanes.requests, { direction: 'requests', traffic })
  forward(far, lanes.answers, { direction: 'answers', traffic })
  return { near, far, lanes }
}

function forward(
  from: net.Socket,
  lane: Lane,
  { direction, traffic }: { direction: Direction; traffic: Traffic },
): void {
  if (traffic.stalled.has(direction)) lane.hold()
  from.on('data', (piece: Buffer) => {
    if (direction === 'requests') traffic.count++
    for (const watch of traffic.watches) {
      if (watch.direction !== direction || lane.isHeld || !piece.includes(watch.text)) continue
      traffic.watches.delete(watch)
      lane.hold()
      watch.caught(lane)
    }
    lane.push(piece)
  })
  from.on('error', () => from.destroy())
  from.on('close', () => lane.last())
}

function holdAt(
  { text, direction }: Pick<Watch, 'text' | 'direction'>,
  { traffic, pairs }: { traffic: Traffic; pairs: ReadonlySet<Pair> },
): Hold {
  let lane: Lane | undefined
  const reached = new Promise<void>(resolve => {
    const caught = (found: Lane) => {
      lane = found
      resolve()
    }
    traffic.watches.add({ text, direction, caught })
  })
  return {
    reached,
    pass: () => lane?.pass(),
    loseClient() {
      for (const { near, lanes } of pairs)
        if (Object.values(lanes).some(each => each === lane)) near.destroy()
    },
  }
}
