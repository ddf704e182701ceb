import net from 'node:net'

/** A TCP proxy whose connections can be held back, to make a slow or a dead network out of a real server. */
export interface TcpProxy {
  readonly port: number
  /** Connections accepted so far. */
  readonly accepted: number
  /** The target's URL with the proxy's port. */
  url(targetUrl: string): string
  /** New connections are accepted and then left alone until {@link TcpProxy.letIn}. */
  holdNew(): void
  letIn(): void
  /** Stops forwarding on open connections; they stay open, as behind a firewall that forgot them. */
  stall(index: number): void
  close(): Promise<void>
}

/** Starts a proxy to a port of this machine. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs: { near: net.Socket; far: net.Socket | undefined }[] = []
  let held: (() => void)[] | undefined
  const server = net.createServer(near => {
    const pair: (typeof pairs)[number] = { near, far: undefined }
    pairs.push(pair)
    near.on('error', () => near.destroy())
    const forward = () => {
      const far = net.connect(targetPort, '127.0.0.1')
      pair.far = far
      far.on('error', () => near.destroy())
      far.on('close', () => near.destroy())
      near.on('close', () => far.destroy())
      near.pipe(far).pipe(near)
    }
    if (held === undefined) forward()
    else held.push(forward)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  return {
    port,
    get accepted() {
      return pairs.length
    },
    url: targetUrl => Object.assign(new URL(targetUrl), { port: String(port) }).href,
    holdNew() {
      held ??= []
    },
    letIn() {
      for (const forward of held ?? []) forward()
      held = undefined
    },
    stall(index) {
      const pair = pairs[index]
      pair?.near.unpipe()
      pair?.far?.unpipe()
      pair?.near.pause()
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
