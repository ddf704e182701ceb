import { RedisFailure } from './redis-failure.js'

/**
 * Checks what INFO says of a server and returns its `run_id`, which is another after each start.
 *
 * @throws RedisFailure when this server cannot be the authority over stamps, with the remedy
 */
export function checkServer(info: string): string {
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
  return runId
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
