import { FaultProxy, type FaultRule, temporaryDatabase } from '@holdfast/testkit'
import { Pool, type PoolOptions } from 'holdfast'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

// A server sends an error at once, and that it is ready again when it has cleaned up: the two may arrive apart.

let url: string

beforeAll(async () => {
  ;({ url } = await temporaryDatabase())
})

/** A client behind a proxy with a rule for the moment after a division by zero. */
async function borrow(action: FaultRule['do'], options: PoolOptions = {}) {
  const proxy = await FaultProxy.start(Number(new URL(url).port), { protocol: 'postgres' })
  const pool = new Pool({ connectionString: proxy.url(url), max: 1, ...options })
  // What becomes of connections that are cut is told to the caller.
  pool.on('error', () => undefined)
  const client = await pool.connect()
  client.on('error', () => undefined)
  onTestFinished(async () => {
    proxy.heal()
    client.release(true)
    await pool.end()
    await proxy[Symbol.asyncDispose]()
  })
  const when = { direction: 'answers', type: 'ReadyForQuery', statement: '1 / 0' } as const
  return { proxy, client, fault: proxy.inject({ when, do: action }) }
}

describe('an error is told when the server is ready again', () => {
  test('so that the COMMIT of a failed transaction is a rollback, with a cache too', async () => {
    for (const cache of [undefined, { tables: { kept: '1h' } }]) {
      const { client } = await borrow({ delay: 50 }, cache && { cache })
      await client.query('CREATE TABLE IF NOT EXISTS kept (id integer)')
      await client.query('BEGIN')
      await client.query('INSERT INTO kept VALUES (1)')
      await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
      expect((await client.query('COMMIT')).command).toBe('ROLLBACK')
      expect((await client.query('SELECT * FROM kept')).rows).toEqual([])
    }
  })

  test('or at the deadline, when the server falls silent', async () => {
    const { client } = await borrow('stall')
    const answer = client.query({ text: 'SELECT 1 / 0', timeout: 300 } as never)
    await expect(answer).rejects.toMatchObject({ code: '22012' })
  })

  test('or when the connection ends', async () => {
    const { client } = await borrow('cut')
    await expect(client.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' })
  })

  test('and at once of a portal that is read in pieces, after which pg asks for nothing', async () => {
    const { client } = await borrow('stall')
    const portal = { text: 'SELECT 1 / (2 - n) FROM generate_series(1, 3) n', rows: 1 }
    await expect(client.query(portal as never)).rejects.toMatchObject({ code: '22012' })
  })
})
