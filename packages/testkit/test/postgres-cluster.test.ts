import { type PostgresCluster, type PostgresServer, startCluster } from '@holdfast/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { query } from './query.js'

let cluster: PostgresCluster

beforeAll(async () => {
  cluster = await startCluster({ standbys: 2 })
  await query(cluster.primary.url, 'CREATE TABLE notes (text text)')
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

const notesOf = async (server: PostgresServer) =>
  (await query(server.url, 'SELECT text FROM notes ORDER BY text')).map(({ text }) => text)

test('standbys show what the primary has written, and refuse to write', async () => {
  await query(cluster.primary.url, "INSERT INTO notes VALUES ('a')")
  for (const standby of cluster.standbys) {
    await cluster.caughtUp(standby)
    expect(await notesOf(standby)).toEqual(['a'])
    await expect(query(standby.url, "INSERT INTO notes VALUES ('b')")).rejects.toThrow(/read-only/)
  }
})

test('a standby whose replay is held back shows what it knew until it is let go', async () => {
  const [standby] = cluster.standbys as [PostgresServer]
  await cluster.pauseReplay(standby)
  await query(cluster.primary.url, "INSERT INTO notes VALUES ('late')")
  expect(await notesOf(standby)).not.toContain('late')
  await cluster.resumeReplay(standby)
  await cluster.caughtUp(standby)
  expect(await notesOf(standby)).toContain('late')
})

test('a promoted standby takes writes, the others follow it, and the old primary can start over', async () => {
  const old = cluster.primary
  await old.kill()
  const primary = await cluster.promote()
  await query(primary.url, "INSERT INTO notes VALUES ('after')")
  const [other] = cluster.standbys.filter(standby => standby !== old) as [PostgresServer]
  await cluster.caughtUp(other)
  expect(await notesOf(other)).toContain('after')
  await old.startOver(primary)
  await cluster.caughtUp(old)
  expect(await notesOf(old)).toContain('after')
  expect(cluster.url()).toContain(`${old.port},127.0.0.1:${primary.port}`)
})
