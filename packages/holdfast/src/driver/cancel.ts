import net from 'node:net'
import tls from 'node:tls'
import type { Client } from 'pg'
import { internals } from './pg-internals.js'

/** Request codes of the frontend/backend protocol 3.0, "CancelRequest" and "SSLRequest" in "Message Formats". */
const CANCEL_REQUEST = 80877102
const SSL_REQUEST = 80877103

/**
 * Asks the server to cancel what a connection is doing, over a connection of its own, as the protocol wants it.
 * Resolves when the server has closed that connection: the signal has then been sent to the backend. Whether
 * anything was cancelled shows only on the connection itself.
 *
 * @param millis how long it may take
 * @throws the socket's error, or an `Error` when time is up
 */
export async function cancelRunning(client: Client, millis: number): Promise<void> {
  const { connectionParameters, ssl, processID, secretKey } = internals(client)
  if (processID === null || secretKey === null) return
  const raw = openSocket(connectionParameters)
  const timer = setTimeout(() => raw.destroy(new Error('cancel request timed out')), millis)
  try {
    await once(raw, 'connect')
    const socket = ssl ? await secure(raw, connectionParameters.host, ssl) : raw
    const closed = once(socket, 'close')
    // As libpq: the server closes. A pooler that sees our end first throws the request away.
    socket.write(cancelMessage(processID, secretKey))
    socket.resume()
    await closed
  } finally {
    clearTimeout(timer)
    raw.destroy()
  }
}

/** A socket to the server: a file for a host that is a path. */
function openSocket({ host, port }: { host: string; port: number }): net.Socket {
  return host.startsWith('/') ? net.connect(`${host}/.s.PGSQL.${port}`) : net.connect(port, host)
}

/** Puts TLS on a fresh connection, as the protocol wants it asked for. */
async function secure(raw: net.Socket, host: string, ssl: true | object): Promise<tls.TLSSocket> {
  const request = Buffer.alloc(8)
  request.writeInt32BE(8, 0)
  request.writeInt32BE(SSL_REQUEST, 4)
  raw.write(request)
  const answer: unknown = await once(raw, 'data')
  if (String(answer) !== 'S') throw new Error('the server does not support TLS')
  // The key is not enumerable, so that it is not printed: a spread loses it.
  const options = ssl === true ? {} : { ...ssl, ...('key' in ssl && { key: ssl.key as string }) }
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  const socket = tls.connect({ socket: raw, host, ...servername, ...options })
  await once(socket, 'secureConnect')
  return socket
}

/** The request itself: which backend, and the key that proves the right to cancel it. */
function cancelMessage(processID: number, secretKey: number): Buffer {
  const message = Buffer.alloc(16)
  message.writeInt32BE(16, 0)
  message.writeInt32BE(CANCEL_REQUEST, 4)
  message.writeInt32BE(processID, 8)
  message.writeInt32BE(secretKey, 12)
  return message
}

/** The next event of a socket; an error or an early end rejects. */
function once(socket: net.Socket, event: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
    if (event !== 'close') socket.once('close', () => reject(new Error('the server closed the connection')))
  })
}
