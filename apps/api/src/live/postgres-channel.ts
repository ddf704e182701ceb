import type { Pool } from 'holdfast'
import { CHANNEL, type ReportChannel } from './report-channel.js'

/** PostgreSQL takes no longer notification than 8000 bytes. */
const MOST_BYTES = 7_900
/** Milliseconds for one notification. */
const TIMEOUT = 1_000

const open = (pool: Pool) => pool.connect({ timeout: TIMEOUT })
type Client = Awaited<ReturnType<typeof open>>

/**
 * Publishes by NOTIFY: no table, nothing that stays. It holds one connection of the pool to listen on; when that is lost,
 * the next report takes another. Behind a pooler in transaction mode nothing is heard.
 *
 * @param pool made for this
 */
export function postgresChannel(pool: Pool, hear: (report: string) => void): ReportChannel {
  let client: Client | undefined
  let opening = false

  /** Takes a connection to listen on, unless the database is away: then the next report tries again. */
  async function listen(): Promise<void> {
    opening = true
    try {
      const opened = await open(pool)
      opened.on('error', () => drop(opened))
      opened.on('notification', ({ payload }) => payload !== undefined && hear(payload))
      client = opened
      await opened.query(`LISTEN ${CHANNEL}`)
    } catch {
      drop(client)
    } finally {
      opening = false
    }
  }

  function drop(lost: Client | undefined): void {
    if (lost === undefined || client !== lost) return
    client = undefined
    // Away from the pool as well: it listens, and its listeners stay with it.
    lost.removeAllListeners('notification')
    lost.release(true)
  }

  return {
    async publish(report) {
      if (client === undefined && !opening) await listen()
      const current = client
      if (current === undefined) return false
      try {
        await current.query({
          text: 'SELECT pg_notify($1, $2)',
          values: [CHANNEL, shortened(report)],
          timeout: TIMEOUT,
        } as never)
        return true
      } catch {
        drop(current)
        return false
      }
    },
    async close() {
      drop(client)
    },
  }
}

/** The report with as many statements as fit. */
export function shortened(report: string): string {
  if (Buffer.byteLength(report) <= MOST_BYTES) return report
  const { statements, ...rest } = JSON.parse(report) as { statements: object[] }
  for (let left = statements.length - 1; left >= 0; left--) {
    const shorter = JSON.stringify({ ...rest, statements: statements.slice(0, left) })
    if (Buffer.byteLength(shorter) <= MOST_BYTES) return shorter
  }
  return JSON.stringify({ ...rest, reasons: [], nodes: [], statements: [], errors: {} })
}
