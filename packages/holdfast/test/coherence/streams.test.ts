import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg, { type Submittable } from 'pg'
import { from } from 'pg-copy-streams'
import Cursor from 'pg-cursor'
import QueryStream from 'pg-query-stream'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openWorld, type Read, type World } from './world.js'

const ALL: Read = ['SELECT * FROM items ORDER BY id']
const SEVEN: Read = ['SELECT * FROM items WHERE id = $1', 7]

let world: World

beforeAll(async () => {
  const schema = 'CREATE TABLE items (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)'
  world = await openWorld({ schema, cache: { tables: { items: '1h' } } })
})
beforeEach(async () => {
  await world.outside.query('DELETE FROM items; INSERT INTO items VALUES (1, 0), (2, 0)')
  await world.pool.cache.invalidate({ tables: ['items'] })
})
afterAll(() => world.close())

type Client = pg.PoolClient

const copy = (client: Client) =>
  pipeline(Readable.from(['7\t1\n', '8\t', '2\n']), client.query(from('COPY items FROM STDIN')))

const read = async (client: Client) => {
  const cursor = client.query(new Cursor('INSERT INTO items VALUES (7, 1), (8, 1) RETURNING id'))
  await cursor.read(1)
  await cursor.read(10)
  await cursor.close()
}

const stream = async (client: Client) => {
  const rows = client.query(new QueryStream('UPDATE items SET n = 5 RETURNING id', [], { batchSize: 1 }))
  await rows.toArray()
}

/** pg's own query object, as pg hands it out. */
const { Query } = pg as unknown as {
  Query: new (text: string, values: unknown[], callback?: (error: Error | undefined) => void) => Submittable
}
const submitted = (submit: (query: Submittable) => unknown) =>
  new Promise<void>((resolve, reject) => {
    submit(new Query('UPDATE items SET n = $1', [6], error => (error ? reject(error) : resolve())))
  })
const query = (client: Client) => submitted(each => client.query(each))

describe('What talks to the driver by itself shows in the next read', () => {
  test.each([
    ['a COPY', copy],
    ['a cursor that inserts', read],
    ['a stream that updates', stream],
    ['a query object', query],
  ])('%s', async (_, write) => {
    await world.keep(ALL, SEVEN)
    const client = await world.pool.connect()
    await world.expectSeen(() => write(client), ALL, SEVEN)
    await world.keep(ALL)
    await world.outside.query('DELETE FROM items WHERE id > 2; UPDATE items SET n = 0')
    await world.pool.cache.invalidate({ tables: ['items'] })
    await world.keep(ALL, SEVEN)
    await client.query('BEGIN')
    await write(client)
    expect(await world.statusOf(...ALL)).toBe('hit')
    await world.expectSeen(() => client.query('COMMIT'), ALL, SEVEN)
    await world.keep(ALL)
    client.release()
  })

  test('a query object given to the pool', async () => {
    const update = () =>
      world.pool.query(new Query('UPDATE items SET n = $1', [6])) as unknown as Promise<unknown>
    await world.expectSeen(update, ALL)
    await expect.poll(() => world.statusOf(...ALL)).toBe('hit')
  })

  test('nothing, when it fails: what was kept may go, but nothing is blocked', async () => {
    const client = await world.pool.connect()
    const broken = pipeline(Readable.from(['7\tmuch\n']), client.query(from('COPY items FROM STDIN')))
    await expect(broken).rejects.toMatchObject({ code: '22P02' })
    await client.query('SELECT 1')
    await world.keep(ALL)
    client.release()
  })
})
