import net from 'node:net'
import { PLAIN_WIRE } from './fault-proxy/message.js'
import { ProxiedConnection } from './fault-proxy/proxied-connection.js'

/** A TCP proxy whose connections can be held back, to make a slow or a dead network out of a real server. */
export interface TcpProxy {
  readonly port: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** The first message of each client whose connection was forwarded. */
  readonly greetings: readonly Buffer[]
  /** The target's URL with the proxy's port. */
  url(targetUrl: string): string
  /** New connections are accepted and then left alone until {@link TcpProxy.letIn}. */
  holdNew(): void
  letIn(): void
  /** Stops forwarding on open connections; they stay open, as behind a firewall that forgot them. */
  stall(index: number): void
  /** Closes one connection on both sides. */
  cut(index: number): void
  close(): Promise<void>
}

/** How far away the target seems. */
export interface TcpProxyOptions {
  /** Milliseconds by which everything arrives later, in each direction. Default: 0. */
  readonly delay?: number
}

/** One connection: towards the client, and through the proxy once it is forwarded. */
interface Accepted {
  readonly near: net.Socket
  forwarded: ProxiedConnection | undefined
}

/** Starts a proxy to a port of this machine. */
export async function startTcpProxy(
  targetPort: number,
  { delay = 0 }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const connections: Accepted[] = []
  const greetings: Buffer[] = []
  let held: (() => void)[] | undefined
  // A client may say that it is done and still wait for the end of what it asked for, as who cancels does.
  const server = net.createServer({ allowHalfOpen: true }, near => {
    const connection: Accepted = { near, forwarded: undefined }
    connections.push(connection)
    near.on('error', () => near.destroy())
    const start = () => {
      near.once('data', (message: Buffer) => greetings.push(message))
      forward(connection, targetPort, delay)
    }
    if (held === undefined) start()
    else held.push(start)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    get accepted() {
      return connections.length
    },
    greetings,
    url: targetUrl => Object.assign(new URL(targetUrl), { port: String(port) }).href,
    holdNew() {
      held ??= []
    },
    letIn() {
      for (const start of held ?? []) start()
      held = undefined
    },
    stall: index => connections[index]?.forwarded?.hold(connections),
    cut: index => void connections[index]?.near.destroy(),
    async close() {
      for (const { near, forwarded } of connections) {
        near.destroy()
        forwarded?.end()
      }
      await new Promise(resolve => server.close(resolve))
    },
  }
}

function forward(accepted: Accepted, targetPort: number, delay: number): void {
  accepted.forwarded = new ProxiedConnection({
    client: accepted.near.setNoDelay(true),
    server: net.connect({ port: targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true }),
    wire: PLAIN_WIRE,
    faults: [],
    delay,
    onClosed: () => undefined,
  })
}
