import { spawnSync } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import { temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { attachCacheInfo } from '../../dist/cache/cache-info.js'
import { type MaterializeOptions, materializeOnce, prepare } from '../../dist/cache/materializer.js'
import type { RawField, RawResult } from '../../dist/cache/raw-result.js'
import type { PgConnection } from '../../dist/driver/pg-connection.js'
import { driverConnection, emptyCapture, requestFor } from '../support/driver-connection.js'
import { EVERY_TYPE, TYPES_SETUP } from '../support/every-type.js'

let url: string
let connection: PgConnection

beforeAll(async () => {
  url = (await temporaryDatabase()).url
  connection = await driverConnection({ connectionString: url })
  await connection.query(requestFor(TYPES_SETUP))
})
afterAll(() => connection.close())

const { builtins } = pg.types
const numericParser = pg.types.getTypeParser(builtins.NUMERIC)
afterEach(() => pg.types.setTypeParser(builtins.NUMERIC, numericParser))

/** What pg returns on a miss, and what a cache would keep of it. */
async function miss(config: string | pg.QueryConfig, by = connection) {
  const capture = emptyCapture()
  const result = (await by.query(requestFor(config, { capture }))) as pg.QueryResult
  const { command, rowCount } = result
  const raw: RawResult = { command, rowCount, fields: capture.fields as RawField[], rows: capture.rows }
  return { result, raw }
}

/** Own properties in their order, down to the values. */
function keysOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value))
    return typeof value
  return Reflect.ownKeys(value).map(key => [key, keysOf((value as Record<PropertyKey, unknown>)[key])])
}

/** Changes everything that can be changed, but for the registry of parsers: that one pg itself shares. */
function ruin(value: unknown, seen = new Set<unknown>()): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || value instanceof pg.TypeOverrides)
    return
  seen.add(value)
  if (Object.isFrozen(value)) {
    for (const each of Object.values(value)) ruin(each, seen)
    return
  }
  if (value instanceof Date) value.setTime(1)
  if (ArrayBuffer.isView(value))
    return void new Uint8Array(value.buffer, value.byteOffset, value.byteLength).fill(7)
  for (const key of Object.keys(value)) {
    ruin((value as Record<string, unknown>)[key], seen)
    Object.defineProperty(value, key, { value: 'ruined' })
  }
  if (Array.isArray(value)) value.length = 0
  Object.assign(value, { ruined: true })
}

function expectSameForever(
  { result, raw }: Awaited<ReturnType<typeof miss>>,
  options: MaterializeOptions = {},
) {
  const materialize = prepare(raw, options)
  for (const make of [materialize, materialize, materialize, () => materializeOnce(raw, options)]) {
    const hit = make()
    expect(hit).toStrictEqual(result)
    expect(isDeepStrictEqual(hit, result)).toBe(true)
    expect(keysOf(hit)).toEqual(keysOf(result))
    ruin(hit)
    expect(isDeepStrictEqual(hit, result)).toBe(false)
  }
}

describe('a hit equals the miss, however callers change what they get', () => {
  test.each(EVERY_TYPE)('SELECT %s', async expressions => {
    expectSameForever(await miss(`SELECT ${expressions}`))
  })

  test.each(EVERY_TYPE)('as an array: SELECT %s', async expressions => {
    const config = { text: `SELECT ${expressions}`, rowMode: 'array' }
    expectSameForever(await miss(config), { rowMode: 'array' })
  })

  test.each([
    'SELECT 1 AS n WHERE false',
    'SELECT FROM generate_series(1, 3)',
    'SELECT',
    `SELECT i, CASE WHEN i % 2 = 0 THEN now() END AS at, jsonb_build_object('i', i) AS j FROM generate_series(1, 300) AS i`,
    `SELECT CASE i WHEN 1 THEN 'infinity' WHEN 2 THEN NULL ELSE now() END AS at FROM generate_series(1, 4) AS i`,
    `SELECT ${Array.from({ length: 1_000 }, (_, i) => `${i} AS c${i % 990}`)}`,
    `SELECT jsonb_build_object('big', repeat('x', 9000), 'deep', jsonb_build_array(jsonb_build_object('a', 1)))`,
    `SELECT (repeat('[', 60) || repeat(']', 60))::jsonb, (repeat('{"a":', 40) || '1' || repeat('}', 40))::json`,
    'VALUES (1, 2), (3, 4)',
    'SHOW server_version',
  ])('%.60s', async text => {
    expectSameForever(await miss(text))
  })
})

describe('parsers', () => {
  test('of the query are used, whatever they make', async () => {
    class Money {
      readonly text: string
      constructor(text: string) {
        this.text = text
      }
    }
    const parsers: Record<number, (text: string) => unknown> = {
      [builtins.NUMERIC]: text => new Money(text),
      [builtins.INT4]: text => new Map([[text, Number(text)]]),
      [builtins.INT8]: BigInt,
      [builtins.TEXT]: text => Object.freeze({ text }),
      [builtins.BOOL]: text => ({ inner: new Money(text), at: new Date(0) }),
      [builtins.FLOAT8]: () => undefined,
      [builtins.INT2]: text => Uint8Array.of(Number(text)),
      [builtins.DATE]: text => Object.assign([text], { extra: 1 }),
      [builtins.UUID]: text => ({
        get text() {
          return text
        },
      }),
    }
    const types = {
      getTypeParser: (oid: number) => parsers[oid] ?? String,
    } as unknown as pg.CustomTypesConfig
    const text = `SELECT 1.5::numeric, 1, 2::int8, 'x'::text, true, 1::float8, 3::int2, '2024-01-01'::date, gen_random_uuid(), '{}'::json`
    const missed = await miss({ text, types })
    const materialize = prepare(missed.raw, { types: types as never })
    for (let round = 0; round < 3; round++) {
      const hit = materialize()
      expect(hit).toStrictEqual(missed.result)
      const values = Object.values((hit.rows as object[])[0] as object)
      for (const value of values) if (value instanceof Money) Object.assign(value, { text: 'ruined' })
      ruin(values[4])
    }
  })

  test('that are made anew for each lookup still parse each hit', async () => {
    const types = { getTypeParser: (oid: number) => (text: string) => [oid, text] }
    const { raw } = await miss("SELECT 1 AS n, 'x' AS t")
    const materialize = prepare(raw, { types })
    for (let round = 0; round < 3; round++) {
      const { rows } = materialize()
      expect(rows).toEqual([{ n: [23, '1'], t: [25, 'x'] }])
      ruin(rows)
    }
  })

  test('of the client are used', async () => {
    const types = new pg.TypeOverrides()
    types.setTypeParser(builtins.INT4, text => `int ${text}`)
    const client = await driverConnection({ connectionString: url, types: types as never })
    const missed = await miss('SELECT 1 AS n, now() AS at', client)
    expect(missed.result.rows).toMatchObject([{ n: 'int 1' }])
    expectSameForever(missed, { types: new pg.TypeOverrides(types as never) as never })
    await client.close()
  })

  test('set for everybody count from the next hit on', async () => {
    const { raw } = await miss('SELECT 1.50::numeric AS n')
    const materialize = prepare(raw)
    expect(materialize().rows).toEqual([{ n: '1.50' }])
    pg.types.setTypeParser(builtins.NUMERIC, Number)
    expect(materialize().rows).toEqual([{ n: 1.5 }])
    expect(materialize()).toStrictEqual((await miss('SELECT 1.50::numeric AS n')).result)
  })

  test('that throw let the hit throw, as a miss would', async () => {
    const { raw } = await miss('SELECT 1.50::numeric AS n')
    const fail = () => {
      throw new Error('no number')
    }
    expect(() => prepare(raw, { types: { getTypeParser: () => fail } })()).toThrow('no number')
  })
})

describe('where code may not be generated from strings', () => {
  test('results are the same', async () => {
    const { raw, result } = await miss(`SELECT 1 AS a, '{"x": 1}'::jsonb AS "__proto__", now() AS t, 2 AS a`)
    const module = new URL('../../dist/cache/materializer.js', import.meta.url)
    const script = `import { prepare } from ${JSON.stringify(module)}
      const raw = ${JSON.stringify(raw)}
      console.log(JSON.stringify([prepare(raw)(), prepare(raw, { rowMode: 'array' })().rows]))`
    const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', script]
    const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: 'utf8' })
    const rows = [[1, { x: 1 }, result.rows[0].t, 2]]
    expect(stderr).toBe('')
    expect(stdout.trim()).toBe(JSON.stringify([result, rows]))
  })
})

describe('result.cache', () => {
  test('is there and does not show', async () => {
    const { result, raw } = await miss('SELECT 1 AS n')
    const info = { status: 'hit', tier: 'memory', age: 5 } as const
    const hit = attachCacheInfo(prepare(raw)(), info)
    expect(hit.cache).toEqual(info)
    expect(hit).toStrictEqual(result)
    expect(isDeepStrictEqual(hit, result)).toBe(true)
    expect(JSON.stringify(hit)).toBe(JSON.stringify(result))
    expect(attachCacheInfo(hit, { ...info, status: 'stale' }).cache?.status).toBe('stale')
  })
})
