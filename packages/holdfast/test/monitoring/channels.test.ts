import { AsyncLocalStorage } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import { temporaryDatabase } from '@holdfast/testkit'
import { Pool } from 'holdfast'
import { beforeAll, describe, expect, test } from 'vitest'
import { recordChannels } from './channel-recorder.js'

let url: string

beforeAll(async () => {
  url = (await temporaryDatabase()).url
})

async function withPool(work: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = new Pool({ connectionString: url, max: 1 })
  try {
    await work(pool)
  } finally {
    await pool.end()
  }
}

describe('channels by the names of node-postgres', () => {
  test('tell a query, the way to its connection, and what became of that, in this order', async () => {
    const published = await recordChannels(() =>
      withPool(async pool => {
        await pool.query({ name: 'one', text: 'SELECT $1::int AS n', values: [1] })
        await expect(pool.query('SELECT nothing')).rejects.toThrow()
      }),
    )
    expect(published.map(({ name }) => name)).toEqual([
      ...['pg:pool:connect start', 'pg:connection start', 'pg:connection asyncEnd'],
      ...['pg:query start', 'pg:pool:connect asyncEnd', 'pg:pool:release', 'pg:query asyncEnd'],
      ...['pg:pool:connect start', 'pg:query start', 'pg:pool:connect asyncEnd', 'pg:pool:release'],
      ...['pg:query error', 'pg:query asyncEnd', 'pg:pool:remove'],
    ])
  })

  test('carry the contexts agreed there, and no parameter', async () => {
    const published = await recordChannels(() =>
      withPool(async pool => {
        await pool.query({ name: 'one', text: 'SELECT $1::text AS n', values: ['a secret'] })
        await pool.query('SELECT 1')
      }),
    )
    const contextOf = (name: string, at = 0) => published.filter(each => each.name === name)[at]?.context
    const { hostname, port, username } = new URL(url)
    const server = { host: hostname, port: Number(port), user: username, ssl: false }
    expect(contextOf('pg:query asyncEnd')).toMatchObject({
      query: { text: 'SELECT $1::text AS n', name: 'one' },
      client: { ...server, processID: expect.any(Number) },
      result: { rowCount: 1, command: 'SELECT' },
    })
    expect(contextOf('pg:connection start')).toMatchObject({ connection: server })
    expect(contextOf('pg:pool:connect asyncEnd')).toMatchObject({
      pool: { totalCount: 0, idleCount: 0, waitingCount: 0, maxSize: 1 },
      client: { processID: expect.any(Number), reused: false },
    })
    expect(contextOf('pg:pool:connect asyncEnd', 1)).toMatchObject({ client: { reused: true } })
    expect(contextOf('pg:pool:release')).toMatchObject({ client: { processID: expect.any(Number) } })
    expect(JSON.stringify(published)).not.toContain('secret')
  })

  test('tell of transactions and borrowed clients, and nothing of what the pool does for itself', async () => {
    const published = await recordChannels(() =>
      withPool(async pool => {
        await pool.transaction(tx => tx.query('SELECT 1'), { readOnly: true })
        const client = await pool.connect()
        await client.query('BEGIN')
        client.release()
        await pool.health()
      }),
    )
    const texts = published
      .filter(({ name }) => name === 'pg:query start')
      .map(({ context }) => context.query.text)
    expect(texts).toEqual(['BEGIN READ ONLY', 'SELECT 1', 'COMMIT', 'BEGIN', 'SELECT 1'])
  })

  test('are published in the async context of the caller, also when it had to wait', async () => {
    const store = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const handlers = { start: () => void seen.push(store.getStore()) }
    tracingChannel('pg:query').subscribe(handlers as never)
    try {
      await withPool(async pool => {
        const names = ['a', 'b', 'c']
        await Promise.all(names.map(name => store.run(name, () => pool.query('SELECT pg_sleep(0.01)'))))
      })
    } finally {
      tracingChannel('pg:query').unsubscribe(handlers as never)
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  test('tell a failure to connect', async () => {
    const published = await recordChannels(async () => {
      const pool = new Pool({ connectionString: 'postgres://nobody:a-secret@127.0.0.1:1/none' })
      await expect(pool.query('SELECT 1')).rejects.toThrow()
      await pool.end()
    })
    const names = published.map(({ name }) => name)
    expect(names).toContain('pg:connection error')
    expect(names).toContain('pg:pool:connect error')
    expect(names).not.toContain('pg:query start')
    expect(JSON.stringify(published.map(({ context }) => [context, String(context.error)]))).not.toContain(
      'a-secret',
    )
  })
})
