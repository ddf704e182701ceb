import { expect, test } from 'vitest'
import { checkServer } from './redis-server-info.js'

const GOOD = {
  redis_version: '7.0.15',
  run_id: 'a'.repeat(40),
  role: 'master',
  maxmemory: '0',
  maxmemory_policy: 'noeviction',
  uptime_in_seconds: '60',
  master_replid2: '0'.repeat(40),
  rdb_last_load_keys_loaded: '0',
  aof_enabled: '0',
}

function info(changes: Record<string, string> = {}): string {
  const lines = Object.entries({ ...GOOD, ...changes }).map(([name, value]) => `${name}:${value}`)
  return `# Server\r\n${lines.join('\r\n')}\r\n\r\n`
}

test('a primary of Redis 7 is known by its run_id', () => {
  expect(checkServer(info()).runId).toBe(GOOD.run_id)
  expect(checkServer(info({ redis_version: '8.2.1' })).runId).toBe(GOOD.run_id)
})

test('a server without run_id is refused: its restart would go unnoticed', () => {
  expect(() => checkServer(info({ run_id: '' }))).toThrow('does not tell its run_id')
})

test('a server that is too old or a replica is refused', () => {
  expect(() => checkServer(info({ redis_version: '6.2.14' }))).toThrow('older than Redis 7')
  expect(() => checkServer(info({ role: 'slave' }))).toThrow('is a replica')
})

test('a policy that may evict marks is refused with the remedy, when there is a limit of memory', () => {
  expect(checkServer(info({ maxmemory_policy: 'allkeys-lru' })).runId).toBe(GOOD.run_id)
  expect(checkServer(info({ maxmemory: '1000', maxmemory_policy: 'volatile-lru' })).runId).toBe(GOOD.run_id)
  expect(() => checkServer(info({ maxmemory: '1000', maxmemory_policy: 'allkeys-lfu' }))).toThrow(
    'set maxmemory-policy to volatile-lru or noeviction',
  )
})

test.each([
  ['60', 59_000],
  ['3', 2_000],
  ['1', 0],
  ['0', 0],
  ['', 0],
  ['soon', 0],
])('with an uptime of "%s" s a server is in charge for %i ms at least', (uptime, millis) => {
  expect(checkServer(info({ uptime_in_seconds: uptime })).inChargeFor).toBe(millis)
})

test.each<[Record<string, string>, string]>([
  [{ master_replid2: 'b'.repeat(40) }, 'was promoted'],
  [{ rdb_last_load_keys_loaded: '7' }, 'has loaded data'],
  [{ aof_enabled: '1' }, 'may have loaded a log'],
  [{ master_replid2: '' }, 'does not tell'],
])('nobody can tell since when a server is in charge that %o: it %s', changes => {
  expect(checkServer(info(changes)).inChargeFor).toBe(0)
})
