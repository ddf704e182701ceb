import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { beforeAll, describe, expect, test } from 'vitest'
import { CONTENDERS, poolForTest, rejection } from '../support/contender.js'

type Result = pg.QueryResult<Record<string, unknown>>
type Callback = (error: Error | undefined, result?: Result) => void

let connectionString: string

beforeAll(async () => {
  connectionString = (await temporaryDatabase()).url
})

/** What the callback of a call is given. */
const calledBack = (call: (callback: Callback) => unknown) =>
  new Promise<[Error | undefined, Result | undefined]>(resolve =>
    call((error, result) => resolve([error, result])),
  )

describe.each(CONTENDERS)('query, of the pool of $of', ({ Contender }) => {
  const newPool = () => {
    const pool = poolForTest(Contender, { connectionString, max: 1 })
    // The overloads of pg's types name fewer forms than pg takes.
    const query = pool.query.bind(pool) as unknown as (...args: unknown[]) => Promise<Result>
    return { pool, query }
  }

  test.each([
    ['(text)', ['SELECT 1 AS n']],
    ['(text, values)', ['SELECT $1::int AS n', [1]]],
    ['(config)', [{ text: 'SELECT $1::int AS n', values: [1] }]],
    ['(config, values)', [{ text: 'SELECT $1::int AS n', values: [2] }, [1]]],
    ['(prepared statement)', [{ name: 'one', text: 'SELECT $1::int AS n', values: [1] }]],
  ])('%s resolves, and calls back when there is a callback', async (_, args) => {
    const { pool, query } = newPool()
    expect((await query(...args)).rows).toEqual([{ n: 1 }])
    const [error, result] = await calledBack(callback => query(...args, callback))
    expect(error).toBeUndefined()
    expect(result?.rows).toEqual([{ n: 1 }])
    expect(pool.idleCount).toBe(1)
  })

  test('tells the callback about an error of the server, and goes on', async () => {
    const { query } = newPool()
    const [error, result] = await calledBack(callback => query('SELECT nothing', callback))
    expect(error).toBeInstanceOf(pg.DatabaseError)
    expect(error).toMatchObject({ code: '42703' })
    expect(result).toBeUndefined()
    expect((await query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  })

  test("rejects with pg's DatabaseError and the stack of the caller", async () => {
    const { query } = newPool()
    const error = await rejection(query('SELECT nothing'))
    expect(error).toBeInstanceOf(pg.DatabaseError)
    expect(error).toMatchObject({ code: '42703', severity: 'ERROR', position: '8' })
    expect(error.stack).toContain('contract-query')
  })

  test("gives rows as arrays with rowMode 'array'", async () => {
    const { query } = newPool()
    const { rows, fields } = await query({ text: 'SELECT 1 AS a, 2 AS a', rowMode: 'array' })
    expect(rows).toEqual([[1, 2]])
    expect(fields.map(({ name }) => name)).toEqual(['a', 'a'])
  })

  test('reads values with the types of the query, and of the pool', async () => {
    const types = { getTypeParser: () => (text: string) => `<${text}>` } as unknown as pg.CustomTypesConfig
    const { query } = newPool()
    expect((await query({ text: 'SELECT 1 AS n', types })).rows).toEqual([{ n: '<1>' }])
    expect((await query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
    const typed = poolForTest(Contender, { connectionString, types })
    expect((await typed.query('SELECT 1 AS n')).rows).toEqual([{ n: '<1>' }])
  })

  test('gives a list of results for several statements', async () => {
    const { query } = newPool()
    const results = (await query('SELECT 1 AS n; SELECT 2 AS n')) as unknown as Result[]
    expect(results.map(({ rows }) => rows)).toEqual([[{ n: 1 }], [{ n: 2 }]])
  })

  test('takes a pg.Query and calls back', async () => {
    const { pool, query } = newPool()
    const submitted = new pg.Query('SELECT $1::int AS n', [1])
    const [error, result] = await calledBack(callback => query(submitted, undefined, callback))
    expect(error).toBeFalsy()
    expect(result?.rows).toEqual([{ n: 1 }])
    expect(pool.idleCount).toBe(1)
    expect((await query(new pg.Query('SELECT 2 AS n'))).rows).toEqual([{ n: 2 }])
  })

  test('of a client takes a pg.Query with a callback of its own, and gives it back', async () => {
    const { pool } = newPool()
    const client = await pool.connect()
    const NewQuery = pg.Query as unknown as new (text: string, callback: Callback) => pg.Query
    const [error, result] = await calledBack(callback => {
      const submitted = new NewQuery('SELECT 1 AS n', callback)
      expect(client.query(submitted)).toBe(submitted)
    })
    expect(error).toBeFalsy()
    expect(result?.rows).toEqual([{ n: 1 }])
    client.release()
  })

  test('tells a function in the place of the text that it is wrong there', async () => {
    const { pool, query } = newPool()
    const [error] = await calledBack(callback => query(callback))
    expect(error).toBeInstanceOf(Error)
    expect(pool.waitingCount).toBe(0)
  })

  test('of a client takes callbacks and promises in the order of the calls', async () => {
    const { pool } = newPool()
    const client = await pool.connect()
    const order: number[] = []
    const first = calledBack(callback => client.query('SELECT 1 AS n', callback as never))
    await Promise.all([
      first.then(() => order.push(1)),
      client.query('SELECT 2').then(() => order.push(2)),
      client.query({ text: 'SELECT $1::int', values: [3] }).then(() => order.push(3)),
    ])
    client.release()
    expect(order).toEqual([1, 2, 3])
  })
})
