import { once } from 'node:events'
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net'

/** One connection through a proxy. */
interface Pair {
  readonly client: Socket
  readonly server: Socket
}

/** A proxy on 127.0.0.1 in front of a server, that can make a network fail. */
export class FaultProxy {
  readonly #server: Server
  readonly #target: number
  readonly #pairs = new Set<Pair>()
  /** Whether the server is out of reach. */
  #refuses = false
  /** Whether everything is held back. */
  #stalled = false

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer(client => this.#accept(client))
  }

  /** @param target the server's port on 127.0.0.1 */
  static async start(target: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** Where clients connect to, on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Ends connections without a farewell. @param share the part of them that is hit, at least one */
  cut(share = 1, choose: () => number = Math.random): void {
    for (const pair of this.#some(share, choose)) end(pair, socket => socket.destroy())
  }

  /** Resets connections, as a router does that has forgotten them. @param share the part of them that is hit, at least one */
  reset(share = 1, choose: () => number = Math.random): void {
    for (const pair of this.#some(share, choose)) end(pair, socket => socket.resetAndDestroy())
  }

  /** From now on nothing gets through, on old connections and new ones, and nothing is told. */
  stall(): void {
    this.#stalled = true
    for (const { client, server } of this.#pairs) pauseBoth(client, server)
  }

  /** Cuts every connection and accepts no new one: the server is out of reach. */
  isolate(): void {
    this.#refuses = true
    this.cut()
  }

  /** Everything works again; what was held back arrives. */
  heal(): void {
    this.#refuses = false
    this.#stalled = false
    for (const { client, server } of this.#pairs) {
      client.resume()
      server.resume()
    }
  }

  /** Cuts everything and stops listening. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.isolate()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(client: Socket): void {
    if (this.#refuses) return void client.resetAndDestroy()
    const server = createConnection({ port: this.#target, host: '127.0.0.1', noDelay: true })
    const pair = { client: client.setNoDelay(true), server }
    this.#pairs.add(pair)
    for (const socket of [client, server]) {
      socket.on('error', () => undefined)
      socket.once('close', () => {
        this.#pairs.delete(pair)
        end(pair, each => each.destroy())
      })
    }
    forward(client, server)
    forward(server, client)
    if (this.#stalled) pauseBoth(client, server)
  }

  /** At least one connection, so that no fault goes unnoticed. */
  #some(share: number, choose: () => number): Pair[] {
    const pairs = [...this.#pairs]
    const hit = pairs.filter(() => choose() < share)
    return hit.length > 0 ? hit : pairs.slice(0, 1)
  }
}

/** Passes on what arrives, no faster than the other side takes it. */
function forward(from: Socket, to: Socket): void {
  from.on('data', chunk => {
    if (to.destroyed || to.write(chunk)) return
    from.pause()
    to.once('drain', () => from.resume())
  })
  from.on('end', () => to.end())
}

/** Neither side's data are read any more, so the other end's writes fill the buffers and stop. */
function pauseBoth(client: Socket, server: Socket): void {
  client.pause()
  server.pause()
}

function end({ client, server }: Pair, how: (socket: Socket) => void): void {
  how(client)
  how(server)
}
