import { describe, expect, test } from 'vitest'
import { toRequest } from './to-request.js'

const defaults = { now: 1_000, queryTimeout: 30_000 }
const request = (config: unknown, values?: unknown[]) => toRequest(config as string, values, defaults)

describe('the arguments of a query', () => {
  test('become a request with the defaults of the pool', () => {
    expect(request('SELECT $1', [1])).toEqual({
      config: 'SELECT $1',
      values: [1],
      startedAt: 1_000,
      deadline: 31_000,
      signal: undefined,
      readOnly: false,
      idempotent: false,
      rolledBackIfLost: false,
    })
  })

  test('hand the config to the driver as it is', () => {
    const config = { text: 'SELECT 1', rowMode: 'array', types: {}, values: [1] }
    expect(request(config).config).toBe(config)
  })

  test.each([
    [{ text: 'SELECT 1', timeout: '2s' }, 3_000],
    [{ text: 'SELECT 1', query_timeout: 500 }, 1_500],
    [{ text: 'SELECT 1', timeout: 100, query_timeout: 500 }, 1_100],
    [{ text: 'SELECT 1', timeout: 0 }, Number.POSITIVE_INFINITY],
    [{ text: 'SELECT 1' }, 31_000],
  ])('%j give one absolute deadline', (config, deadline) => expect(request(config).deadline).toBe(deadline))

  test('know no deadline when neither the call nor the pool has one', () => {
    const { deadline } = toRequest('SELECT 1', undefined, { now: 1_000, queryTimeout: 0 })
    expect(deadline).toBe(Number.POSITIVE_INFINITY)
  })

  test('carry what the caller says about the query', () => {
    const { signal } = new AbortController()
    const said = { readOnly: true, idempotent: true, signal }
    expect(request({ text: 'SELECT 1', ...said })).toMatchObject(said)
    expect(request({ text: 'SELECT 1', readOnly: 'yes' }).readOnly).toBe(false)
  })

  test.each([
    [null, 'expected SQL text'],
    [undefined, 'expected SQL text'],
    [42, 'given 42'],
    [{}, 'given an object'],
    [{ text: ['SELECT 1'] }, 'given an array'],
    [function named() {}, 'given a function'],
    ['SELECT 1\0', 'NUL'],
    [{ name: 'a\0', text: 'SELECT 1' }, 'NUL'],
    [{ text: 'SELECT 1', values: new Array(65_536) }, '65536 parameters'],
    [{ text: 'SELECT 1', signal: {} }, 'AbortSignal'],
  ])('%o cannot be sent', (config, reason) => {
    expect(() => request(config)).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_INVALID_QUERY', message: expect.stringContaining(reason) }),
    )
  })

  test('may be as many as the protocol can count, and a name of a prepared statement', () => {
    expect(request('SELECT 1', new Array(65_535)).values).toHaveLength(65_535)
    expect(request({ name: 'prepared' }).config).toEqual({ name: 'prepared' })
  })

  test.each([{ timeout: 'soon' }, { query_timeout: -1 }])('%j is refused by name', extras => {
    expect(() => request({ text: 'SELECT 1', ...extras })).toThrow(
      expect.objectContaining({ code: 'HOLDFAST_OPTIONS', path: Object.keys(extras)[0] }),
    )
  })
})
