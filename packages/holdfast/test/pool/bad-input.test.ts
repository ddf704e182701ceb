import { inspect } from 'node:util'
import { temporaryDatabase } from '@holdfast/testkit'
import { HoldfastError, OptionsError, Pool } from 'holdfast'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let pool: Pool
let url: string

beforeAll(async () => {
  url = (await temporaryDatabase()).url
  pool = new Pool({ connectionString: url, max: 2 })
})
afterAll(() => pool.end())

describe('what cannot be sent is refused before anything is sent', () => {
  test.each([
    ['nothing', null],
    ['no text', {}],
    ['a number', { text: 42 }],
    ['a NUL in the SQL', 'SELECT 1\0; DROP TABLE users'],
    ['a NUL in the name', { name: 'a\0b', text: 'SELECT 1' }],
    ['too many parameters', { text: 'SELECT 1', values: new Array(70_000).fill(1) }],
  ])('%s', async (_, query) => {
    await expect(pool.query(query as string)).rejects.toMatchObject({ code: 'HOLDFAST_INVALID_QUERY' })
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })
})

describe('options', () => {
  test.each([
    [{ idleTimeoutMilis: 5 }, 'idleTimeoutMilis', '"idleTimeoutMillis"'],
    [{ max: 0 }, 'max', 'a whole number from 1 to 10000'],
    [{ max: Number.NaN }, 'max', 'a whole number from 1 to 10000'],
    [{ validateAfterIdle: 'soon' }, 'validateAfterIdle', 'milliseconds'],
    [{ overload: { maxWaiting: -1 } }, 'overload.maxWaiting', 'a whole number of at least 0'],
    [{ max: 2, minIdle: 3 }, 'minIdle', 'at most max (2)'],
    [{ connectionString: 'http://[' }, 'connectionString', 'postgres://'],
  ])('%j is refused with path and expectation', (options, path, expected) => {
    const error = (() => {
      try {
        new Pool(options as object)
      } catch (thrown) {
        return thrown
      }
      return undefined
    })() as OptionsError
    expect(error).toBeInstanceOf(OptionsError)
    expect(error).toBeInstanceOf(HoldfastError)
    expect(error.path).toBe(path)
    expect(error.message).toContain(expected)
  })
})

describe('secrets', () => {
  const secret = 'hunter2-with-some-length'

  test('a password never shows in the pool, its options or its errors', async () => {
    const wrong = new URL(url)
    wrong.password = secret
    const closed = new Pool({ connectionString: wrong.href })
    const error = await closed.query('SELECT 1').catch(thrown => thrown)
    expect(error).toBeInstanceOf(pg.DatabaseError)
    expect(error).toMatchObject({ code: '28P01', category: 'authentication', retry: 'never' })
    for (const shown of [
      inspect(closed, { depth: 6 }),
      inspect(error, { depth: 6 }),
      JSON.stringify(closed.options),
    ]) {
      expect(shown).not.toContain(secret)
    }
    await closed.end()
  })

  test.each([
    ['SELECT $1::uuid', '22P02'],
    ['SELECT $1::jsonb', '22P02'],
    ['SELECT ($1::text)::int', '22P02'],
  ])('a parameter value never shows in the error of %s', async (text, code) => {
    const error = await pool.query(text, [secret]).catch(thrown => thrown)
    expect(error.code).toBe(code)
    expect(inspect(error, { depth: 6 })).not.toContain(secret)
    expect(error.stack).not.toContain(secret)
  })

  test('a duplicate key can be read in detail and is not printed', async () => {
    await pool.query('CREATE TABLE keys (k text PRIMARY KEY)')
    await pool.query('INSERT INTO keys VALUES ($1)', [secret])
    const error = await pool.query('INSERT INTO keys VALUES ($1)', [secret]).catch(thrown => thrown)
    expect(error.detail).toContain(secret)
    expect(inspect(error)).not.toContain(secret)
  })
})
