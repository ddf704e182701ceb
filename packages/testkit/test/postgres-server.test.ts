import { chmodSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { freePort, installedPostgres, type PostgresServer, startPostgres } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { query } from './query.js'

describe('a server', () => {
  let server: PostgresServer

  beforeAll(async () => {
    server = await startPostgres({ settings: { max_connections: 17 } })
  })

  afterAll(() => server[Symbol.asyncDispose]())

  test('is PostgreSQL 18 with the given settings', async () => {
    const [row] = await query(server.url, "SELECT current_setting('server_version_num')::int AS version")
    expect(row?.version).toBeGreaterThanOrEqual(180_000)
    expect(await query(server.url, 'SHOW max_connections')).toEqual([{ max_connections: '17' }])
  })

  test('orders and folds text the same way on every machine', async () => {
    const rows = await query(
      server.url,
      "SELECT lower('ÀÉ') AS folded, 'Z' < 'a' AS by_code_point, current_setting('TimeZone') AS zone",
    )
    expect(rows).toEqual([{ folded: 'àé', by_code_point: true, zone: 'UTC' }])
  })

  test('refuses a client without the password', async () => {
    const url = new URL(server.url)
    url.password = 'wrong'
    await expect(query(url.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' })
  })

  test('keeps its data and its port through stop, start and restart', async () => {
    const { port } = server
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS id')
    await server.stop()
    expect(server.pid).toBeUndefined()
    await expect(query(server.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    await server.start()
    await server.restart({ mode: 'immediate' })
    expect(server.port).toBe(port)
    expect(await query(server.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }])
  })

  test('recovers what was committed when it is killed', async () => {
    await query(server.url, 'CREATE TABLE committed AS SELECT 2 AS id')
    await server.kill()
    await server.start()
    expect(await query(server.url, 'SELECT id FROM committed')).toEqual([{ id: 2 }])
  })

  test('does not answer while it is paused, and answers afterwards', async () => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    onTestFinished(() => client.end())
    server.pause()
    let answered = false
    const answer = client.query('SELECT 3 AS id').then(({ rows }) => {
      answered = true
      return rows
    })
    await expect(connectWithin(server.url, 300)).rejects.toThrow('timeout')
    expect(answered).toBe(false)
    server.resume()
    expect(await answer).toEqual([{ id: 3 }])
  })

  test('drops a database of its own making', async () => {
    const database = await server.createDatabase()
    expect(await query(database.url, 'SELECT current_database() AS name')).toEqual([{ name: database.name }])
    await database.drop()
    await expect(query(database.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' })
  })
})

function connectWithin(connectionString: string, connectionTimeoutMillis: number): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis })
  client.on('error', () => {})
  return client.connect().then(() => client.end())
}

test('a server that cannot start says why in its own words', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => {
    taken.close()
  })
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  await expect(startPostgres({ port })).rejects.toThrow('Address already in use')
  await expect(startPostgres({ settings: { max_connections: 'many' } })).rejects.toThrow('max_connections')
})

test('a server listens on the port that it was given', async () => {
  const port = await freePort()
  await using server = await startPostgres({ port })
  expect(new URL(server.url).port).toBe(String(port))
})

test('disposing of a server removes its temporary data', async () => {
  const server = await startPostgres()
  const [row] = await query(server.url, 'SHOW data_directory')
  const folder = dirname(String(row?.data_directory))
  expect(existsSync(folder)).toBe(true)
  await server[Symbol.asyncDispose]()
  expect(existsSync(folder)).toBe(false)
})

describe('data in a folder of their own', () => {
  let parent: string
  let folder: string

  beforeAll(() => {
    parent = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
    chmodSync(parent, 0o777)
    folder = join(parent, 'server')
  })

  afterAll(() => rmSync(parent, { recursive: true, force: true }))

  test('outlive their server, and so does the password', async () => {
    const first = await startPostgres({ dataDirectory: folder })
    await query(first.url, 'CREATE TABLE kept AS SELECT 4 AS id')
    await first[Symbol.asyncDispose]()
    await using second = await startPostgres({ dataDirectory: folder })
    expect(second.password).toBe(first.password)
    expect(await query(second.url, 'SELECT id FROM kept')).toEqual([{ id: 4 }])
  })

  test('are refused to a second server while the first one runs', async () => {
    await using first = await startPostgres({ dataDirectory: folder })
    await expect(startPostgres({ dataDirectory: folder })).rejects.toThrow(
      `process id ${first.pid} uses the data`,
    )
  })

  test('are made anew when their initialisation was interrupted', async () => {
    const broken = `${folder}-broken`
    const interrupted = await startPostgres({ dataDirectory: broken })
    await interrupted[Symbol.asyncDispose]()
    renameSync(join(broken, 'data'), join(broken, 'data.unfinished'))
    rmSync(join(broken, 'data.unfinished', 'global'), { recursive: true })
    await using server = await startPostgres({ dataDirectory: broken })
    expect(await query(server.url, 'SELECT 1 AS id')).toEqual([{ id: 1 }])
    expect(existsSync(join(broken, 'data.unfinished'))).toBe(false)
  })

  test('start although a pid file names a process that has become another program', async () => {
    await using first = await startPostgres({ dataDirectory: folder })
    await first.kill()
    writeFileSync(join(folder, 'data', 'postmaster.pid'), `${process.pid}\n`)
    await first[Symbol.asyncDispose]()
    await using second = await startPostgres({ dataDirectory: folder })
    expect(await query(second.url, 'SELECT 1 AS id')).toEqual([{ id: 1 }])
  })
})

for (const binaries of installedPostgres()) {
  test(`a server runs on the binaries installed in ${binaries}`, async () => {
    await using server = await startPostgres({ binaries })
    const [row] = await query(
      server.url,
      "SELECT lower('ÀÉ') AS folded, current_setting('server_version') AS version",
    )
    expect(row?.folded).toBe('àé')
    expect(binaries).toContain(String(Number.parseInt(String(row?.version), 10)))
  })
}
