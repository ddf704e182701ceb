import type { Socket } from 'node:net'
import type { ArmedFault } from './armed-fault.js'
import type { FaultPoint } from './fault-rule.js'
import { Lane } from './lane.js'
import type { Direction, Message, Wire } from './message.js'

/** What a connection goes through. */
export interface ConnectionParts {
  readonly client: Socket
  readonly server: Socket
  readonly wire: Wire
  /** The faults of the proxy, as they are at the moment. */
  readonly faults: Iterable<ArmedFault>
  /** Milliseconds by which everything arrives later, in each direction. Default: 0. */
  readonly delay?: number
  readonly onClosed: () => void
}

/** One connection through a proxy: two sockets, and what happens to the messages between them. */
export class ProxiedConnection {
  readonly #parts: ConnectionParts
  readonly #lanes: Readonly<Record<Direction, Lane>>
  /** The client is gone by a fault: what the server still does, it does in peace. */
  #severed = false

  constructor(parts: ConnectionParts) {
    this.#parts = parts
    const { client, server, delay = 0 } = parts
    this.#lanes = { requests: new Lane(client, server), answers: new Lane(server, client) }
    for (const lane of Object.values(this.#lanes)) lane.delay = delay
    this.#listen('requests', client)
    this.#listen('answers', server)
  }

  /** Nothing goes on any more, in one direction or both, until {@link ProxiedConnection.release} with the same reason. */
  hold(reason: object, directions: readonly Direction[] = ['requests', 'answers']): void {
    for (const direction of directions) this.#lanes[direction].hold(reason)
  }

  /** What was held for this reason goes on. */
  release(reason: object): void {
    for (const lane of Object.values(this.#lanes)) lane.release(reason)
  }

  /** Ends both sides at once. */
  end(how: (socket: Socket) => void = socket => socket.destroy()): void {
    const { client, server } = this.#parts
    for (const lane of Object.values(this.#lanes)) lane.clear()
    how(client)
    how(server)
  }

  #listen(direction: Direction, socket: Socket): void {
    socket.on('error', () => undefined)
    socket.on('data', chunk => {
      for (const message of this.#parts.wire.read(direction, chunk)) this.#pass(message)
    })
    socket.on('end', () => this.#lanes[direction].end())
    socket.once('close', () => this.#closed(socket))
  }

  #closed(socket: Socket): void {
    const { client, server, onClosed } = this.#parts
    if (socket === client && this.#severed) return
    this.end()
    if (client.destroyed && server.destroyed) onClosed()
  }

  /** Passes a message on, unless a fault strikes at it. */
  #pass(message: Message): void {
    if (this.#severed) return
    const lane = this.#lanes[message.direction]
    for (const fault of this.#parts.faults) {
      if (fault.strikesAt(message)) return this.#strike(fault, message, lane)
    }
    lane.send(message.bytes)
  }

  #strike(fault: ArmedFault, { bytes, direction }: Message, lane: Lane): void {
    const { do: action, at = 'before' } = fault.rule
    if (action === 'drop') return
    const passed = Math.floor(bytes.length * PASSED[at])
    lane.send(bytes.subarray(0, passed))
    switch (action) {
      case 'cut':
      case 'reset':
        return this.#sever(action)
      case 'stall':
      case 'half-open':
        this.hold(fault, action === 'stall' ? undefined : [direction])
        fault.onLift(() => this.release(fault))
        break
      default:
        this.#slow(fault, action, lane)
    }
    lane.send(bytes.subarray(passed))
  }

  #slow(fault: ArmedFault, action: { delay: number } | { throttle: number }, lane: Lane): void {
    if ('delay' in action) lane.delay = action.delay
    else lane.bytesPerSecond = action.throttle
    fault.onLift(() => {
      lane.delay = this.#parts.delay ?? 0
      lane.bytesPerSecond = Number.POSITIVE_INFINITY
    })
  }

  /** The server gets what was passed on and then learns of the end, however long it works; its answers go nowhere. */
  #sever(how: 'cut' | 'reset'): void {
    const { client, server } = this.#parts
    this.#severed = true
    this.#lanes.requests.end()
    if (how === 'cut') client.destroySoon()
    else client.resetAndDestroy()
    server.resume()
  }
}

/** The part of a message that is passed on before a fault strikes. */
const PASSED: Readonly<Record<FaultPoint, number>> = { before: 0, inside: 0.5, after: 1 }
