import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type PostgresServer, startPostgres } from '@holdfast/testkit'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { startRelay } from '../support/relay.js'
import { eventually, ready, SCHEMA, see, WRITE, world } from './redis-world.js'

const $ = world()

/** A server with the tables of the tests, and one row. */
async function startPrimary(): Promise<PostgresServer> {
  const server = await startPostgres()
  onTestFinished(() => server[Symbol.asyncDispose]())
  await ask(server.url, `${SCHEMA}; INSERT INTO item (id) VALUES (1)`)
  return server
}

async function ask(url: string, text: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(text)
  } finally {
    await client.end()
  }
}

/** A copy of the files of a server that does not run, with a signal file and more settings. */
function copyOf(server: PostgresServer, signal: string, settings: string): string {
  const folder = dirname(server.logFile)
  const copy = `${folder}-copy`
  execFileSync('cp', ['-a', folder, copy])
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  const { uid, gid } = statSync(join(copy, 'data'))
  rmSync(join(copy, 'data', 'postmaster.pid'), { force: true })
  writeFileSync(join(copy, 'data', signal), '')
  execFileSync('chown', [`${uid}:${gid}`, join(copy, 'data', signal)])
  appendFileSync(join(copy, 'data', 'postgresql.auto.conf'), `${settings}\n`)
  return copy
}

async function startCopy(folder: string): Promise<PostgresServer> {
  const server = await startPostgres({ dataDirectory: folder, settings: { fsync: 'off' } })
  onTestFinished(() => server[Symbol.asyncDispose]())
  return server
}

test('a pool on a standby caches nothing, and nothing that lags gets to others (H6)', async () => {
  const primary = await startPrimary()
  await primary.stop()
  const connection = `host=127.0.0.1 port=${primary.port} user=postgres password=${primary.password}`
  const folder = copyOf(primary, 'standby.signal', `primary_conninfo = '${connection}'`)
  await primary.start()
  const standby = await startCopy(folder)
  await eventually(async () => (await ask(primary.url, 'SELECT 1 FROM pg_stat_replication')).rowCount).toBe(1)
  const writer = await $.pool({ connectionString: primary.url })
  const reader = await $.pool({ connectionString: primary.url })
  const lagging = $.open({ connectionString: standby.url })
  // From now on the standby lags for as long as it likes.
  await ask(standby.url, 'SELECT pg_wal_replay_pause()')
  for (let n = 1; n <= 3; n++) {
    await writer.query(WRITE, [1, n])
    expect(await see(lagging)).toEqual({ n: 0, from: 'bypass standby' })
    expect((await see(reader)).n).toBe(n)
  }
  expect(lagging.cache.stats()).toMatchObject({ misses: 0, entries: 0 })
})

test('an older state of the database behind the same address gets nothing of what was kept of the newer (H18)', async () => {
  const primary = await startPrimary()
  const relay = await startRelay(primary.port)
  await primary.stop()
  // A backup, which will be recovered to its own end: the history of the database forks there.
  const folder = copyOf(primary, 'recovery.signal', "restore_command = 'false'")
  await primary.start()
  const connectionString = relay.url(primary.url)
  const [writer, reader] = [await $.pool({ connectionString }), await $.pool({ connectionString })]
  await writer.query(WRITE, [1, 1])
  for (const pool of [writer, reader, reader]) expect((await see(pool)).n).toBe(1)
  await primary.stop()
  const restored = await startCopy(folder)
  // It answers before its recovery has ended; until then it is a standby.
  const recovery = async () => (await ask(restored.url, 'SELECT pg_is_in_recovery() AS goes_on')).rows
  await eventually(recovery).toEqual([{ goes_on: false }])
  relay.target = restored.port
  relay.cut()
  for (const pool of [writer, reader, $.open({ connectionString })]) {
    await eventually(() => see(pool).catch(() => undefined)).toMatchObject({ n: 0 })
    await ready(pool)
    expect((await see(pool)).n).toBe(0)
  }
})
