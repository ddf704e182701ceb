import type { ConnectionPool } from '../connections/connection-pool.js'
import type { PgConnection } from '../driver/pg-connection.js'

/** Cuts connections, whatever they do: nobody may write there any more, or nobody answers. */
export function cutConnections(pool: ConnectionPool, isMeant: (connection: PgConnection) => boolean): void {
  for (const pooled of [...pool.connections]) {
    if (!isMeant(pooled.connection)) continue
    pooled.connection.destroy()
    pool.close(pooled)
  }
}

/** Closes connections that nobody has, and the others when they are given back. */
export function retireConnections(
  pool: ConnectionPool,
  isMeant: (connection: PgConnection) => boolean,
): void {
  const idle = new Set(pool.idle)
  for (const pooled of [...pool.connections]) {
    if (!isMeant(pooled.connection)) continue
    if (idle.has(pooled)) pool.close(pooled)
    else pooled.retire()
  }
}
