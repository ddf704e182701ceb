import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'

/** A proxy that loses the connection of a transaction in the moment in which nobody can know what became of it. */
export interface CommitCutter {
  /** The database's URL through the proxy. */
  readonly url: string
  /** How many connections were cut. */
  readonly cuts: number
  /** Cuts so many of the next connections on which a COMMIT is answered: the answer does not get through. */
  cutNext(count: number): void
  close(): Promise<void>
}

/** Starts the proxy in front of the database of a URL. */
export async function startCommitCutter(target: string): Promise<CommitCutter> {
  const { hostname, port } = new URL(target)
  const open = new Set<net.Socket>()
  let [armed, cuts] = [0, 0]
  const server = net.createServer(client => {
    const database = net.connect(Number(port), hostname)
    let committing = false
    for (const socket of [client, database]) {
      open.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        open.delete(socket)
        client.destroy()
        database.destroy()
      })
    }
    client.on('data', data => {
      committing = armed > 0 && data.includes('COMMIT')
      database.write(data)
    })
    database.on('data', data => {
      if (!committing || armed === 0) return void client.write(data)
      armed -= 1
      cuts += 1
      client.destroy()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: Object.assign(new URL(target), { port: String((server.address() as AddressInfo).port) }).href,
    get cuts() {
      return cuts
    },
    cutNext(count) {
      armed = count
    },
    async close() {
      server.close()
      for (const socket of open) socket.destroy()
      await once(server, 'close')
    },
  }
}
