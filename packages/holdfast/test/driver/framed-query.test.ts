import type { Writable } from 'node:stream'
import { fakeClock, startTcpProxy, temporaryDatabase } from '@holdfast/testkit'
import pg from 'pg'
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
  vi,
} from 'vitest'
import type { QueryRequest } from '../../dist/base/execute.js'
import type { PgConnection } from '../../dist/driver/pg-connection.js'
import { rejection, soon } from '../support/contender.js'
import { driverConnection, emptyCapture, frameOf, requestFor } from '../support/driver-connection.js'

let url: string
let connection: PgConnection
let plain: pg.Client

beforeAll(async () => {
  url = (await temporaryDatabase()).url
  plain = new pg.Client({ connectionString: url })
  await plain.connect()
  await plain.query('CREATE TABLE notes (id int PRIMARY KEY, body text, at timestamptz)')
})
afterAll(() => plain.end())
beforeEach(async () => {
  await plain.query('TRUNCATE notes')
  connection = await driverConnection({ connectionString: url })
})
afterEach(() => connection.close())

const run = (config: string | pg.QueryConfig, rest: Partial<QueryRequest>) =>
  soon(connection.query(requestFor(config, rest)), 'the answer')
const bodies = async () =>
  (await plain.query('SELECT body FROM notes ORDER BY id')).rows.map(({ body }) => body)
const insert = 'INSERT INTO notes VALUES ($1, $2)'

describe('a request with a frame', () => {
  test('runs everything in one write, and gives each answer to whom it belongs', async () => {
    const { stream } = (connection.client as unknown as { connection: { stream: Writable } }).connection
    const written = vi.spyOn(stream, '_writev')
    const frame = frameOf({
      before: ['BEGIN', "VALUES ('b', NULL), ('c', 'd')"],
      after: ['SELECT 1 WHERE false', "SELECT count(*), 'é' FROM notes", 'COMMIT'],
    })
    const result = await run({ text: `${insert} RETURNING id`, values: [1, 'one'] }, { frame })
    expect(written).toHaveBeenCalledTimes(1)
    expect(result).toMatchObject({ command: 'INSERT', rowCount: 1, rows: [{ id: 1 }] })
    expect(frame.answers).toEqual([
      [],
      [
        ['b', null],
        ['c', 'd'],
      ],
      [],
      [['1', 'é']],
      [],
    ])
    expect(frame.hidden).toEqual([])
    expect(await bodies()).toEqual(['one'])
    expect(connection.quiet && connection.outsideTransaction).toBe(true)
  })

  test('cuts hidden columns off before pg parses the rows', async () => {
    const frame = frameOf({ before: ['BEGIN'], after: ['ROLLBACK'], hiddenColumns: 2 })
    const capture = emptyCapture()
    const text = "SELECT i AS a, 'x' AS b, 10 * i AS b, NULL AS a FROM generate_series(1, 2) AS i"
    const result = await run(text, { frame, capture })
    expect(result).toStrictEqual(await plain.query("SELECT i AS a, 'x' AS b FROM generate_series(1, 2) AS i"))
    expect(frame.hidden).toEqual([
      ['10', null],
      ['20', null],
    ])
    expect(capture.rows).toEqual([
      ['1', 'x'],
      ['2', 'x'],
    ])
    expect(capture.fields).toHaveLength(2)
  })

  test('makes a statement with hidden rows look as if it had no RETURNING', async () => {
    const frame = frameOf({ hidesRows: true, hiddenColumns: 2, after: ['SELECT 1'] })
    const values = [1, 'one']
    const result = await run(
      { text: `${insert} RETURNING id, body`, values, rowMode: 'array' } as pg.QueryConfig,
      { frame },
    )
    await plain.query('TRUNCATE notes')
    expect(result).toStrictEqual(await plain.query({ text: insert, values, rowMode: 'array' }))
    expect(frame.hidden).toEqual([['1', 'one']])
    expect(frame.answers).toEqual([[['1']]])
  })

  test('hides the columns of a named statement in array mode with types of its own, again and again', async () => {
    const types = { getTypeParser: () => (value: string) => `<${value}>` } as unknown as pg.CustomTypesConfig
    const config = {
      name: 'shown',
      text: 'SELECT $1::int AS a, 2 AS b',
      values: [1],
      rowMode: 'array',
      types,
      rows: 1,
    }
    for (let round = 0; round < 2; round++) {
      const frame = frameOf({ before: ['BEGIN'], hiddenColumns: 1, after: ['COMMIT'] })
      expect(await run(config, { frame })).toMatchObject({ rows: [['<1>']], fields: [{ name: 'a' }] })
      expect(frame.hidden).toEqual([['2']])
    }
  })

  test('sends an empty text and a text without parameters by the extended protocol', async () => {
    const frame = frameOf({ after: ['SELECT 2'] })
    expect(await run('', { frame })).toMatchObject({ command: null, rows: [] })
    expect(frame.answers).toEqual([[['2']]])
    await expect(run('SELECT 1; SELECT 2', { frame: frameOf({}) })).rejects.toMatchObject({ code: '42601' })
  })
})

describe('an error inside a frame', () => {
  const cases = [
    { where: 'before', before: ['BEGIN', 'SELECT 1/0'], text: insert, after: ['SELECT 1'], code: '22012' },
    { where: 'in', before: ['BEGIN', 'SELECT 5'], text: 'SELECT 1/0', after: ['SELECT 1'], code: '22012' },
    { where: 'after', before: ['BEGIN'], text: insert, after: ['SELECT 1', 'SELECT nothing'], code: '42703' },
  ]
  test.each(cases)('$where the query is its error, and leaves the transaction failed', async part => {
    const frame = frameOf(part)
    const values = part.text === insert ? [1, 'one'] : undefined
    await expect(run({ text: part.text, ...(values && { values }) }, { frame })).rejects.toMatchObject({
      code: part.code,
    })
    expect(connection.outsideTransaction && connection.quiet).toBe(false)
    expect(await connection.reset()).toBe(true)
    expect(await bodies()).toEqual([])
    expect(await run('SELECT 1 AS n', {})).toMatchObject({ rows: [{ n: 1 }] })
  })

  test('before or in a named query does not leave the name behind', async () => {
    const named = { name: 'kept', text: 'SELECT $1::int AS n', values: [1] }
    await expect(run(named, { frame: frameOf({ before: ['nonsense'] }) })).rejects.toMatchObject({
      code: '42601',
    })
    const wrong = { name: 'wrong', text: 'SELECT missing', values: [] }
    await expect(run(wrong, { frame: frameOf({ before: ['BEGIN'] }) })).rejects.toMatchObject({
      code: '42703',
    })
    await connection.reset()
    expect(await run(named, {})).toMatchObject({ rows: [{ n: 1 }] })
    await expect(run(wrong, {})).rejects.toMatchObject({ code: '42703' })
  })

  test('after a named query leaves the name usable', async () => {
    const named = { name: 'kept', text: 'SELECT $1::int AS n', values: [1] }
    await expect(run(named, { frame: frameOf({ after: ['nonsense'] }) })).rejects.toMatchObject({
      code: '42601',
    })
    expect(await run(named, {})).toMatchObject({ rows: [{ n: 1 }] })
  })

  test('of a parameter that cannot be sent, or of a parser, leaves the connection usable', async () => {
    const toPostgres = () => {
      throw new Error('unsendable')
    }
    const frame = frameOf({ before: ['BEGIN'], after: ['COMMIT'] })
    await expect(run({ text: 'SELECT $1', values: [{ toPostgres }] }, { frame })).rejects.toThrow(
      'unsendable',
    )
    expect(await connection.reset()).toBe(true)
    const types = { getTypeParser: () => toPostgres } as unknown as pg.CustomTypesConfig
    await expect(run({ text: 'SELECT 1', types }, { frame })).rejects.toThrow('unsendable')
    expect(await connection.reset()).toBe(true)
  })

  test('of COPY FROM STDIN does not hang', async () => {
    const frame = frameOf({ before: ['BEGIN'] })
    await expect(run('COPY notes FROM STDIN', { frame })).rejects.toThrow('COPY')
    expect(await connection.reset()).toBe(true)
    expect(await run('SELECT 1 AS n', {})).toMatchObject({ rows: [{ n: 1 }] })
  })

  test('of COPY FROM STDIN followed by a statement, at which the server hangs up, does not hang', async () => {
    const frame = frameOf({ before: ['BEGIN'], after: ['SELECT 1'] })
    await expect(run('COPY notes FROM STDIN', { frame })).rejects.toThrow('COPY')
    expect(await connection.reset()).toBe(false)
  })
})

describe('the limits of a request with a frame', () => {
  const SLEEP = 'SELECT pg_sleep(600)'
  /** It is turned by the test alone: however long the server needs to cancel, it is in time. */
  const clock = fakeClock()
  let limited: PgConnection
  beforeEach(async () => {
    limited = await driverConnection({ connectionString: url }, clock)
  })
  afterEach(() => limited.close())

  const runLimited = (config: string, rest: Partial<QueryRequest>) =>
    rejection(soon(limited.query(requestFor(config, rest)), 'the answer'))

  /** Resolves when the server sleeps. */
  async function asleep(): Promise<void> {
    const ask = {
      text: "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'",
      values: [limited.processID],
    }
    while ((await plain.query(ask)).rowCount === 0);
  }

  test.each(['before', 'text', 'after'])('at its deadline it is cancelled while %s runs', async where => {
    const frame = frameOf({
      before: where === 'before' ? ['BEGIN', SLEEP] : ['BEGIN'],
      after: where === 'after' ? [SLEEP, 'COMMIT'] : ['COMMIT'],
    })
    const deadline = clock.now() + 150
    const attempt = runLimited(where === 'text' ? SLEEP : 'SELECT 1', { frame, deadline })
    await asleep()
    await clock.advance(150)
    expect(await attempt).toMatchObject({ code: 'HOLDFAST_QUERY_TIMEOUT', retry: 'safe' })
    expect(await limited.reset()).toBe(true)
  })

  test('its signal cancels it on the server', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const attempt = runLimited(SLEEP, { frame: frameOf({ before: ['BEGIN'] }), signal })
    await asleep()
    controller.abort()
    expect(await attempt).toMatchObject({ name: 'AbortError', retry: 'safe' })
    expect(await limited.reset()).toBe(true)
  })

  test('an answer that overtakes its cancellation waits for it: the next statement is not its victim', async () => {
    const proxy = await startTcpProxy(Number(new URL(url).port))
    onTestFinished(() => proxy.close())
    const far = await driverConnection({ connectionString: proxy.url(url) }, clock)
    onTestFinished(() => far.close())
    const controller = new AbortController()
    const types = {
      getTypeParser: () => (value: string) => {
        controller.abort()
        return value
      },
    } as unknown as pg.CustomTypesConfig
    proxy.holdNew()
    let isTold = false
    const { signal } = controller
    const answer = far.query(requestFor({ text: 'SELECT 1 AS n', types }, { signal })).finally(() => {
      isTold = true
    })
    // Long enough for what must not happen.
    await plain.query('SELECT pg_sleep(0.1)')
    expect([signal.aborted, isTold]).toEqual([true, false])
    proxy.letIn()
    expect(await answer).toMatchObject({ rows: [{ n: '1' }] })
    await far.query(requestFor('SELECT pg_sleep(0.1)'))
  })

  test('a connection lost in it is an unknown outcome', async () => {
    const attempt = runLimited(SLEEP, { frame: frameOf({ before: ['BEGIN'], after: ['COMMIT'] }) })
    await asleep()
    await plain.query('SELECT pg_terminate_backend($1)', [limited.processID])
    expect(await attempt).toMatchObject({ retry: 'unknown' })
  })
})
