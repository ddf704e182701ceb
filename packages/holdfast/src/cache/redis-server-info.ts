import { RedisFailure } from './redis-failure.js'

/** What is known of a server that may be the authority over stamps. */
export interface ServerFacts {
  /** Another one after each start. */
  readonly runId: string
  /** Milliseconds for which everybody can have found this server in charge, at least; 0: nobody can tell. */
  readonly inChargeFor: number
}

/** `uptime_in_seconds` is the difference of two whole seconds: it may say one too many. */
const UPTIME_ERROR_S = 1

/**
 * Checks what INFO says of a server.
 *
 * @throws RedisFailure when this server cannot be the authority over stamps, with the remedy
 */
export function checkServer(info: string): ServerFacts {
  const fields = fieldsOf(info)
  const runId = fields.get('run_id') ?? ''
  if (!/^[0-9a-f]{16,64}$/i.test(runId)) {
    throw new RedisFailure('refused', 'the server does not tell its run_id, so a restart would go unnoticed')
  }
  const version = fields.get('redis_version') ?? ''
  if (!(Number.parseInt(version, 10) >= 7)) {
    throw new RedisFailure('refused', 'the server is older than Redis 7')
  }
  if (fields.get('role') !== 'master') throw new RedisFailure('gone', 'the server is a replica')
  checkEviction(fields)
  return { runId, inChargeFor: inChargeFor(fields) }
}

/** One that was a replica, or had data to load, began to answer as a primary some time after its start: nobody says when. */
function inChargeFor(fields: ReadonlyMap<string, string>): number {
  const neverPromoted = /^0+$/.test(fields.get('master_replid2') ?? '')
  const beganEmpty = fields.get('rdb_last_load_keys_loaded') === '0' && fields.get('aof_enabled') === '0'
  if (!neverPromoted || !beganEmpty) return 0
  const seconds = Number(fields.get('uptime_in_seconds')) - UPTIME_ERROR_S
  return seconds > 0 ? seconds * 1_000 : 0
}

/** A mark that is evicted no longer blocks fills: only keys with a TTL may go. */
function checkEviction(fields: ReadonlyMap<string, string>): void {
  const policy = fields.get('maxmemory_policy') ?? ''
  if (fields.get('maxmemory') === '0' || !policy.startsWith('allkeys-')) return
  const remedy = 'set maxmemory-policy to volatile-lru or noeviction'
  throw new RedisFailure(
    'refused',
    `its policy "${policy}" may evict the marks of writes under way: ${remedy}`,
  )
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  const lines = info.split('\n').map(line => line.trim().split(':', 2) as [string, string])
  return new Map(lines.filter(([, value]) => value !== undefined))
}
