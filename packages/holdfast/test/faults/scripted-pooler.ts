import net from 'node:net'
import { onTestFinished } from 'vitest'

/**
 * A stand-in for Supavisor, which runs only in its cloud or in containers: it logs everybody in, answers the first
 * statement with an error as Supavisor writes it and hangs up, and every other one with "OK".
 */
export async function scriptedPooler(message: string): Promise<{ url: string; statements: () => number }> {
  let statements = 0
  const server = net.createServer(socket => {
    let isLoggedIn = false
    socket.on('error', () => undefined)
    socket.on('data', bytes => {
      if (!isLoggedIn) {
        isLoggedIn = true
        return socket.write(Buffer.concat([typed('R', '\0\0\0\0'), READY]))
      }
      if (bytes[0] !== 'Q'.charCodeAt(0)) return socket.end()
      if (++statements > 1) return socket.write(Buffer.concat([typed('C', 'OK\0'), READY]))
      return socket.end(typed('E', `SFATAL\0VFATAL\0CXX000\0M${message}\0\0`))
    })
  })
  return { url: await listen(server), statements: () => statements }
}

/** A Supavisor in session mode with so many places; it answers every statement with "OK" after some milliseconds. */
export interface CrowdedPooler {
  readonly url: string
  places: number
  /** Clients that found no place. */
  readonly refused: number
}

/** Starts one; ends with the test. */
export async function crowdedPooler(places: number, message: string): Promise<CrowdedPooler> {
  const clients = new Set<net.Socket>()
  const pooler = { url: '', places, refused: 0 }
  const logIn = (socket: net.Socket) => {
    if (clients.size >= pooler.places) {
      pooler.refused++
      return socket.end(typed('E', `SFATAL\0VFATAL\0CXX000\0M${message}\0\0`))
    }
    clients.add(socket)
    socket.on('close', () => clients.delete(socket))
    return socket.write(Buffer.concat([typed('R', '\0\0\0\0'), READY]))
  }
  const server = net.createServer(socket => {
    socket.on('error', () => undefined)
    socket.on('data', bytes => {
      if (!clients.has(socket)) return logIn(socket)
      if (bytes[0] !== 'Q'.charCodeAt(0)) return socket.end()
      return setTimeout(() => socket.write(Buffer.concat([typed('C', 'OK\0'), READY])), 5)
    })
  })
  pooler.url = await listen(server)
  return pooler
}

/** Listens until the test ends; resolves to the URL. */
async function listen(server: net.Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as net.AddressInfo
  return `postgres://someone@127.0.0.1:${port}/postgres`
}

function typed(type: string, body: string): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(4 + body.length)
  return Buffer.concat([Buffer.from(type), length, Buffer.from(body)])
}

const READY = typed('Z', 'I')
