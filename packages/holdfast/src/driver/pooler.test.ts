import { describe, expect, test } from 'vitest'
import { declaredPooler, isMadeUpProcess, poolerAt } from './pooler.js'

describe('the pooler at a place', () => {
  test.each([
    ['aws-0-eu-central-1.pooler.supabase.com', 5432, 'Supavisor', 'session', true],
    ['aws-1-us-east-1.pooler.supabase.com', 6543, 'Supavisor', 'transaction', false],
    ['AWS-0-EU-CENTRAL-1.POOLER.SUPABASE.COM', 6543, 'Supavisor', 'transaction', false],
    ['db.abcdefghijkl.supabase.co', 6543, 'PgBouncer', 'transaction', false],
    ['ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech', 5432, 'PgBouncer', 'transaction', true],
  ])('%s:%i is %s in mode %s', (host, port, kind, mode, preparedStatements) =>
    expect(poolerAt(host, port)).toMatchObject({ kind, mode, preparedStatements }),
  )

  test.each([
    ['db.abcdefghijkl.supabase.co', 5432],
    ['ep-cool-darkness-123456.us-east-2.aws.neon.tech', 5432],
    ['pooler.supabase.com.example.org', 6543],
    ['localhost', 6432],
    ['127.0.0.1', 5432],
  ])('%s:%i says nothing of one', (host, port) => expect(poolerAt(host, port)).toBeUndefined())
})

describe('a declared pooler', () => {
  test('keeps prepared statements in session mode alone, unless it is said otherwise', () => {
    expect(declaredPooler('session', undefined).preparedStatements).toBe(true)
    expect(declaredPooler('transaction', undefined).preparedStatements).toBe(false)
    const said = declaredPooler({ mode: 'transaction', preparedStatements: true }, undefined)
    expect(said).toMatchObject({ mode: 'transaction', preparedStatements: true, kind: 'unknown' })
  })

  test('is of the kind that its host tells', () => {
    const told = poolerAt('db.abcdefghijkl.supabase.co', 6543)
    expect(declaredPooler('session', told)).toMatchObject({ kind: 'PgBouncer', mode: 'session' })
  })
})

describe('the process number of a connection', () => {
  test.each([1, 4711, 4_194_304, null])('%s may be a server process', id =>
    expect(isMadeUpProcess(id)).toBe(false),
  )

  test.each([4_194_305, 1_249_408_075, -5])('%i is made up', id => expect(isMadeUpProcess(id)).toBe(true))
})
