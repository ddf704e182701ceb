import { describe, expect, test } from 'vitest'
import type { QueryRequest } from '../base/execute.js'
import type { Warning } from '../base/warning.js'
import { declaredPooler } from './pooler.js'
import { PoolerWatch, type PoolerWatchOptions } from './pooler-watch.js'

const QUIET = { quiet: true, outsideTransaction: true }

function watch(options: Partial<PoolerWatchOptions> = {}) {
  const warnings: Warning[] = []
  const pooler = new PoolerWatch({
    pooler: undefined,
    certainlyNone: false,
    timeouts: { statement_timeout: '5000' },
    cached: false,
    ...options,
  })
  pooler.onWarning = warning => warnings.push(warning)
  return { pooler, codes: () => warnings.map(({ code }) => code) }
}

const request = (config: QueryRequest['config']): QueryRequest => ({
  config,
  values: undefined,
  startedAt: 0,
  deadline: 1,
  signal: undefined,
  readOnly: false,
  idempotent: false,
  rolledBackIfLost: false,
})

const refusedParameter = (name: string) =>
  Object.assign(new Error(`unsupported startup parameter: ${name} (h:1, …)`), { code: '08P01' })

describe('without a pooler', () => {
  test('configuration and requests stay the very same, and nobody is warned', () => {
    const { pooler, codes } = watch()
    const config = { statement_timeout: 5_000 }
    pooler.connected(4711)
    expect(pooler.configFor(config)).toBe(config)
    const named = request({ name: 'a', text: 'LISTEN x' })
    expect(pooler.fit(named, QUIET)).toBe(named)
    expect([pooler.pooler, pooler.timeoutsBy, pooler.onConnect, pooler.onBegin]).toEqual([
      undefined,
      'startup parameters',
      undefined,
      undefined,
    ])
    expect(codes()).toEqual([])
  })
})

describe('a pooler that shows while connecting', () => {
  test('is noticed by a made-up process number, once', () => {
    const { pooler, codes } = watch()
    pooler.connected(1_249_408_075)
    pooler.connected(1_249_408_076)
    expect(pooler.pooler).toMatchObject({ mode: 'unknown', preparedStatements: false })
    expect(codes()).toEqual(['pooler-mode-unknown'])
  })

  test('is noticed when it refuses a timeout, which is then worth another attempt, for attempts side by side too', () => {
    const { pooler } = watch()
    expect(pooler.refused(refusedParameter('statement_timeout'))).toBe(true)
    expect(pooler.refused(refusedParameter('statement_timeout'))).toBe(true)
    expect(pooler.configFor({ host: 'h', statement_timeout: 5_000 })).toEqual({ host: 'h' })
    expect(pooler.onBegin).toBe("SET LOCAL statement_timeout = '5000'")
  })

  test('is not taken for one because of anything else that is refused', () => {
    const { pooler } = watch()
    expect(pooler.refused(refusedParameter('options'))).toBe(false)
    expect(pooler.refused(new Error('no'))).toBe(false)
    expect(pooler.pooler).toBeUndefined()
  })

  test('does not exist when the option says that there is none', () => {
    const { pooler, codes } = watch({ certainlyNone: true })
    pooler.connected(1_249_408_075)
    expect(pooler.refused(refusedParameter('statement_timeout'))).toBe(false)
    expect([pooler.pooler, codes()]).toEqual([undefined, []])
  })

  test('refuses session statements only where a cache could be spoilt', () => {
    const [plain, cached] = [watch().pooler, watch({ cached: true }).pooler]
    for (const pooler of [plain, cached]) pooler.connected(-1)
    const set = request("SET search_path = 'a'")
    expect(plain.fit(set, QUIET)).toBe(set)
    expect(cached.fit(set, QUIET)).toMatchObject({ code: 'HOLDFAST_POOLER_MODE' })
  })
})

describe('a declared pooler', () => {
  test('in session mode gets its timeouts by SET and takes everything', () => {
    const { pooler } = watch({ pooler: declaredPooler('session', undefined) })
    expect([pooler.onConnect, pooler.onBegin]).toEqual(["SET SESSION statement_timeout = '5000'", undefined])
    const listen = request({ name: 'a', text: 'LISTEN x' })
    expect(pooler.fit(listen, QUIET)).toBe(listen)
  })

  test('in transaction mode takes the name from a statement and warns once', () => {
    const { pooler, codes } = watch({ pooler: declaredPooler('transaction', undefined) })
    for (const _ of [1, 2]) {
      const fitted = pooler.fit(request({ name: 'a', text: 'SELECT $1', values: [1] }), QUIET)
      expect(fitted).toMatchObject({ config: { text: 'SELECT $1', values: [1], name: undefined } })
    }
    expect(codes()).toEqual(['pooler-unnamed-statement'])
    expect(pooler.fit(request({ name: 'a' } as never), QUIET)).toMatchObject({ code: 'HOLDFAST_POOLER_MODE' })
  })

  test('that keeps prepared statements gets them by their names', () => {
    const option = { mode: 'transaction', preparedStatements: true } as const
    const { pooler, codes } = watch({ pooler: declaredPooler(option, undefined) })
    const named = request({ name: 'a', text: 'SELECT 1' })
    expect(pooler.fit(named, QUIET)).toBe(named)
    expect(codes()).toEqual([])
  })

  test('lets pass what a transaction allows when one may be open', () => {
    const { pooler } = watch({ pooler: declaredPooler('transaction', undefined) })
    const lock = request('SELECT pg_advisory_lock(1)')
    expect(pooler.fit(lock, QUIET)).toBeInstanceOf(Error)
    expect(pooler.fit(lock, { quiet: true, outsideTransaction: false })).toBe(lock)
    expect(pooler.fit(lock, { quiet: false, outsideTransaction: true })).toBe(lock)
  })
})
