import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/**
 * A proxy in front of a server on this machine. It counts round trips: a request, in however many pieces, followed
 * by its response. And it can hold back what the server says.
 */
export class TcpProxy {
  #server
  #target
  /** Completed round trips of all connections. */
  roundTrips = 0
  /** Milliseconds that each piece of a response is held back. Change it only while nothing is under way. */
  delay = 0

  /** @param {string} target the server's URL */
  constructor(target) {
    this.#target = new URL(target)
    this.#server = createServer(socket => this.#serve(socket))
  }

  /** @param {string} target the server's URL @returns {Promise<TcpProxy>} */
  static async start(target) {
    const proxy = new TcpProxy(target)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** The URL to connect to instead of the server's. */
  get url() {
    const url = new URL(this.#target)
    url.host = `127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (this.#server.address()).port}`
    return url.href
  }

  /** Accepts nobody any more; connections end with their clients. */
  stop() {
    this.#server.close()
  }

  /** @param {import('node:net').Socket} client */
  #serve(client) {
    const server = connect(Number(this.#target.port), this.#target.hostname)
    let asked = false
    client.setNoDelay()
    server.setNoDelay()
    client.on('data', data => {
      asked = true
      server.write(data)
    })
    server.on('data', data => {
      if (asked) this.roundTrips++
      asked = false
      if (this.delay === 0) client.write(data)
      else setTimeout(() => client.write(data), this.delay)
    })
    for (const [from, to] of [
      [client, server],
      [server, client],
    ]) {
      from?.on('close', () => to?.destroy())
      from?.on('error', () => to?.destroy())
    }
  }
}
