import net from 'node:net'
import { Transform } from 'node:stream'

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

/** One connection: towards the client, and towards the target once it is forwarded. */
interface Pair {
  readonly near: net.Socket
  far: net.Socket | undefined
}

/** Starts a proxy to a port of this machine. */
export async function startTcpProxy(
  targetPort: number,
  { delay = 0 }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  const pairs: Pair[] = []
  const greetings: Buffer[] = []
  let held: (() => void)[] | undefined
  // A client may say that it is done and still wait for the end of what it asked for, as who cancels does.
  const server = net.createServer({ allowHalfOpen: true }, near => {
    const pair: Pair = { near, far: undefined }
    pairs.push(pair)
    near.on('error', () => near.destroy())
    const start = () => {
      near.once('data', (message: Buffer) => greetings.push(message))
      forward(pair, targetPort, delay)
    }
    if (held === undefined) start()
    else held.push(start)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    get accepted() {
      return pairs.length
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
    stall(index) {
      const pair = pairs[index]
      pair?.near.unpipe()
      pair?.far?.unpipe()
      pair?.near.pause()
    },
    cut(index) {
      pairs[index]?.near.destroy()
    },
    async close() {
      for (const { near, far } of pairs) {
        near.destroy()
        far?.destroy()
      }
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Connects the pair; when one side goes, so does the other, once what is under way has arrived. */
function forward(pair: Pair, targetPort: number, delay: number): void {
  const { near } = pair
  const far = net.connect(targetPort, '127.0.0.1')
  pair.far = far
  far.on('error', () => near.destroy())
  far.on('close', () => setTimeout(() => near.destroy(), delay))
  near.on('close', () => setTimeout(() => far.destroy(), delay))
  if (delay === 0) near.pipe(far).pipe(near)
  else near.pipe(later(delay)).pipe(far).pipe(later(delay)).pipe(near)
}

/** Passes everything on in order, the end included, `delay` milliseconds after it came. */
function later(delay: number): Transform {
  return new Transform({
    transform(chunk, _encoding, done) {
      setTimeout(() => this.push(chunk), delay)
      done()
    },
    flush(done) {
      setTimeout(done, delay)
    },
  })
}
