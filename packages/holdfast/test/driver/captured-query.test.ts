import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PgConnection } from '../../dist/driver/pg-connection.js'
import { driverConnection, emptyCapture, requestFor } from '../support/driver-connection.js'

let connection: PgConnection
let plain: pg.Client

beforeAll(async () => {
  const { url } = await temporaryDatabase()
  connection = await driverConnection({ connectionString: url })
  plain = new pg.Client({ connectionString: url })
  await plain.connect()
})
afterAll(async () => {
  await connection.close()
  await plain.end()
})

const bracketed = (value: string) => `<${value}>`
const text = `SELECT 7 AS n, NULL::int AS "none", '{"a":[1]}'::jsonb AS j, 'x' AS n, timestamptz '2024-01-02 03:04:05.678Z' AS t`
const expected = [['7', null, '{"a": [1]}', 'x', expect.stringContaining('04:05.678')]]

describe('a request with a capture', () => {
  test('gets the rows and the fields as the server sent them, and the caller what pg returns', async () => {
    const capture = emptyCapture()
    const result = await connection.query(requestFor(text, { capture }))
    const pgs = await plain.query(text)
    expect(result).toStrictEqual(pgs)
    expect(capture.rows).toEqual(expected)
    expect(capture.fields).toEqual(pgs.fields)
  })

  test('also with parameters, rowMode array, types of the query, a name and rows read in portions', async () => {
    const types = { getTypeParser: () => bracketed } as unknown as pg.CustomTypesConfig
    const config = {
      name: 'captured',
      text: 'SELECT $1::int AS a, i AS b FROM generate_series(1, 3) AS i',
      values: [5],
      rowMode: 'array',
      rows: 2,
      types,
    }
    const capture = emptyCapture()
    const result = await connection.query(requestFor(config, { capture }))
    expect(result).toStrictEqual(await plain.query(config))
    expect(capture.rows).toEqual([
      ['5', '1'],
      ['5', '2'],
      ['5', '3'],
    ])
  })

  test('keeps descriptions that the caller cannot change', async () => {
    const capture = emptyCapture()
    const result = await connection.query(requestFor('SELECT 1 AS n', { capture }))
    Object.assign((result as pg.QueryResult).fields[0] as object, { name: 'changed' })
    expect(capture.fields).toMatchObject([{ name: 'n' }])
  })

  test('stays empty when the answer is binary', async () => {
    const capture = emptyCapture()
    const config = { text: 'SELECT $1::int AS n', values: [1], binary: true }
    const result = await connection.query(requestFor(config, { capture }))
    expect(result).toMatchObject({ rows: [{ n: 1 }] })
    expect(capture).toEqual(emptyCapture())
  })

  test('has the descriptions of a result without rows', async () => {
    const capture = emptyCapture()
    await connection.query(requestFor('SELECT 1 AS n WHERE false', { capture }))
    expect(capture).toMatchObject({ fields: [{ name: 'n', dataTypeID: 23 }], rows: [] })
  })
})
