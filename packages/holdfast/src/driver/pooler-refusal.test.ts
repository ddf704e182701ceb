import { describe, expect, test } from 'vitest'
import { declaredPooler, unexpectedPooler } from './pooler.js'
import { nameAloneRefusal, sessionRefusal } from './pooler-refusal.js'

const POOLER = declaredPooler('transaction', undefined)
const refused = (text: string, inTransaction = false) => sessionRefusal(text, POOLER, inTransaction)?.message

describe('through a pooler in transaction mode', () => {
  test.each([
    ["SET search_path = 'a'", /^SET needs a session.*SET LOCAL/],
    ['set time zone utc', /^SET needs/],
    ['SET SESSION statement_timeout = 5', /^SET needs/],
    ['-- for all\nSET ROLE reader', /^SET needs/],
    ['LISTEN changes', /^LISTEN needs a session.*connect directly/],
    ['PREPARE one AS SELECT 1', /^PREPARE needs a session/],
    ['DECLARE c CURSOR WITH HOLD FOR SELECT 1', /^DECLARE … WITH HOLD needs/],
    ['declare "c" binary no scroll cursor with hold for select 1', /^DECLARE/],
  ])('%j is refused with what to do, in and outside of transactions', (text, message) => {
    expect(refused(text)).toMatch(message)
    expect(refused(text, true)).toMatch(message)
  })

  test.each([
    ['CREATE TEMP TABLE t (a int)', /^CREATE TEMPORARY needs a session.*ON COMMIT DROP/],
    ['create local temporary table t as select 1', /^CREATE TEMPORARY/],
    ['CREATE OR REPLACE TEMP VIEW v AS SELECT 1', /^CREATE TEMPORARY/],
    ['SELECT pg_advisory_lock(1)', /^A session-level advisory lock needs.*pg_advisory_xact_lock/],
    ['SELECT 1 WHERE PG_TRY_ADVISORY_LOCK (1, 2)', /^A session-level/],
    ['SELECT pg_advisory_lock_shared($1)', /^A session-level/],
  ])('%j is refused outside of transactions alone', (text, message) => {
    expect(refused(text)).toMatch(message)
    expect(refused(text, true)).toBeUndefined()
  })

  test.each([
    'SELECT 1',
    'SET LOCAL search_path = a',
    'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE',
    'SET CONSTRAINTS ALL DEFERRED',
    'BEGIN',
    'UPDATE settings SET a = 1',
    'SELECT set FROM t',
    'setval',
    'NOTIFY changes',
    "PREPARE TRANSACTION 'x'",
    'DECLARE c CURSOR FOR SELECT 1',
    'DECLARE c CURSOR FOR WITH hold AS (SELECT 1) SELECT * FROM hold',
    'CREATE TABLE temp (a int)',
    'CREATE TEMP TABLE t (a int) ON COMMIT DROP',
    'CREATE TABLE temporary_things AS SELECT 1',
    'SELECT pg_advisory_xact_lock(1)',
    'SELECT pg_try_advisory_xact_lock(1)',
    'SELECT pg_advisory_unlock(1)',
    'SELECT pg_advisory_lock(1), pg_advisory_unlock(1)',
    "SELECT * FROM pg_stat_activity WHERE query LIKE '%pg_advisory_lock(%'",
    'SELECT 1 -- pg_advisory_lock(1)',
    'SELECT * FROM advisory_locks',
    '-- LISTEN x\nSELECT 1',
    '',
  ])('%j passes', text => expect(refused(text)).toBeUndefined())

  test('the error has a code of its own and says how the pooler is known', () => {
    const error = sessionRefusal('LISTEN x', POOLER, false)
    expect(error).toMatchObject({ code: 'HOLDFAST_POOLER_MODE', retry: 'never', category: 'configuration' })
    expect(error?.message).toContain('the option "pooler" says so')
  })

  test('the error says what to do about a mode that is taken for the wrong one', () => {
    const pooler = unexpectedPooler('it shows')
    expect(sessionRefusal('LISTEN x', pooler, false)?.message).toMatch(/it shows.*pooler: 'session'\.$/)
  })

  test('a prepared statement called by its name alone gets an error that says what to give', () => {
    expect(nameAloneRefusal(POOLER)).toMatchObject({ code: 'HOLDFAST_POOLER_MODE', retry: 'never' })
    expect(nameAloneRefusal(POOLER).message).toMatch(/Give the text each time/)
  })
})
