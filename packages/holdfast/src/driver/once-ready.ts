import type { Client } from 'pg'
import { internals } from './pg-internals.js'

/**
 * Calls back when the server has said, after an error, that it is ready for the next query, or will say nothing any more.
 * Until then `transactionStatus()` is what it was before the error.
 */
export function onceReady(client: Client, callback: () => void): void {
  const { connection } = internals(client)
  const settle = (): void => {
    connection.off('readyForQuery', settle)
    client.off('end', settle)
    callback()
  }
  // The client listens since it was made: it knows before we do.
  connection.on('readyForQuery', settle)
  client.on('end', settle)
}
