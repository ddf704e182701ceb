import type { Pool } from 'holdfast'

/** What the live page asks of the service's pool; nothing of it asks the database. */
export type MonitoredPool = Pick<Pool, 'stats' | 'statements' | 'nodes' | 'cache'>
