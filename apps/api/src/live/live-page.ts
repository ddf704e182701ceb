import type { FastifyBaseLogger } from 'fastify'
import { Pool } from 'holdfast'
import { describeError } from '../log-problem.js'
import { DatabaseWatch } from './database-watch.js'
import { DemoControls, type DemoFaults } from './demo-controls.js'
import { explainStatement, type Plan } from './explain-statement.js'
import { LiveMonitor } from './live-monitor.js'
import type { MonitoredPool } from './monitored-pool.js'
import { PageGuard } from './page-access.js'
import { Peers } from './peers.js'
import { postgresChannel } from './postgres-channel.js'
import { redisChannel } from './redis-channel.js'
import { createReporter } from './reporter.js'
import type { MeteredRequests } from './request-meter.js'

/** What the live page is made of. */
export interface LivePageOptions {
  readonly pool: MonitoredPool
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  /** Absent: only from this machine. */
  readonly token: string | undefined
  readonly logger: FastifyBaseLogger
  readonly demo?:
    | { readonly faults: DemoFaults; readonly token: string; readonly address: () => string }
    | undefined
}

/** The live page of a service: who may see it, and what they see. */
export interface LivePage {
  readonly guard: PageGuard
  readonly demo: DemoControls | undefined
  /** Begins to look, once the service counts its requests. */
  start(requests: () => MeteredRequests): LiveMonitor
  /** The plan of a statement that the pool has run. @returns `undefined` for one that it does not know */
  explain(id: string): Promise<Plan | undefined>
  close(): Promise<void>
}

/** Two: one listens to the other processes, one asks how the database is. */
const CONNECTIONS = 2
/** Statements that are looked through for the one to explain. */
const KNOWN = 1_000

/** Makes the live page; it connects when it is started. */
export function createLivePage(options: LivePageOptions): LivePage {
  const { databaseUrl, logger, pool: watched, token, demo } = options
  const pool = new Pool({
    connectionString: databaseUrl,
    name: 'live-page',
    max: CONNECTIONS,
    idleTimeoutMillis: 10_000,
  })
  const watch = new DatabaseWatch(pool)
  const load = demo && { address: demo.address, token: demo.token, random: Math.random }
  const failed = (error: unknown) =>
    logger.error({ error: describeError(error) }, 'A server of the demo is not back')
  const controls = demo && load && new DemoControls(demo.faults, load, failed)
  let monitor: LiveMonitor | undefined
  return {
    guard: new PageGuard(token),
    demo: controls,
    start(requests) {
      monitor ??= startMonitor({ ...options, own: pool, watch, requests })
      return monitor
    },
    async explain(id) {
      const known = await watched.statements({ limit: KNOWN })
      const statement = known.find(({ fingerprint }) => fingerprint === id)
      const plan = statement && (await explainStatement(pool, statement.text))
      const kept = statement?.lastSlow?.plan
      return kept !== undefined && plan !== undefined && 'problem' in plan
        ? { lines: kept.split('\n') }
        : plan
    },
    async close() {
      controls?.close()
      await monitor?.close()
      if (!pool.ending) await pool.end({ timeout: 0 })
    },
  }
}

/** What the monitor is made of, besides the options. */
type Starting = LivePageOptions & {
  readonly own: Pool
  readonly watch: DatabaseWatch
  readonly requests: () => MeteredRequests
}

/** Begins to look, and to tell the other processes. */
function startMonitor({ pool, redisUrl, own, watch, requests }: Starting): LiveMonitor {
  const now = Date.now
  return new LiveMonitor({
    report: createReporter({ pool, requests, databaseAnswers: () => watch.answers, now }),
    peers: id => new Peers(id, now),
    channel: hear => (redisUrl === undefined ? postgresChannel(own, hear) : redisChannel(redisUrl, hear)),
    channelKind: redisUrl === undefined ? 'postgres' : 'redis',
    ask: () => watch.ask(),
    now,
  })
}
