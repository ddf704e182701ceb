import { describe, expect, test } from 'vitest'
import { CHECKS } from './all-checks.js'
import type { Row } from './check.js'
import type { Facts } from './facts.js'

/** Verdicts on what cannot be brought about here: the rows are written by hand, the query runs elsewhere. */
function judged(id: string, rows: readonly Row[], facts: Partial<Facts> = {}): string[] {
  const check = CHECKS.find(each => each.id === id)
  const problems = check?.judge?.(rows, { client: {}, extensions: new Map(), ...facts } as Facts) ?? []
  return problems.map(({ object, severity }) => object + (severity ? ` (${severity})` : ''))
}

describe('the verdict of', () => {
  test('P01 needs many reads, and more than one of a hundred from outside of memory', () => {
    const rows = (hit: string, read: string) => [{ kind: 'tables', hit, read }]
    expect(judged('P01', rows('900000', '100000'))).toEqual(['database: tables'])
    expect(judged('P01', rows('999000', '1000'))).toEqual([])
    expect(judged('P01', rows('900', '100'))).toEqual([])
  })

  test('P05 tells checksums, spills, deadlocks and rollbacks apart', () => {
    const quiet = {
      temp_files: '1',
      temp_bytes: '1000',
      deadlocks: '2',
      xact_commit: '100000',
      xact_rollback: '10',
      checksum_failures: '0',
      days: '10',
    }
    const judge = (change: Row) => judged('P05', [{ ...quiet, ...change }])
    expect(judge({})).toEqual([])
    expect(judge({ checksum_failures: '1' })).toEqual(['database: checksums (error)'])
    expect(judge({ temp_bytes: '200000000000' })).toEqual(['database: temporary files'])
    expect(judge({ deadlocks: '500' })).toEqual(['database: deadlocks'])
    expect(judge({ xact_rollback: '50000' })).toEqual(['database: rollbacks'])
  })

  test('O01 warns from 500 million ids on, and calls a billion an error', () => {
    const judge = (xids: string, mxids = '1') => judged('O01', [{ datname: 'shop', xids, mxids }])
    expect(judge('200000000')).toEqual([])
    expect(judge('600000000')).toEqual(['database shop (warning)'])
    expect(judge('1', '1100000000')).toEqual(['database shop'])
  })

  test('O02 counts the ids that a slot or a standby keeps', () => {
    const settings = { longTransaction: 300_000 } as Facts['settings']
    const judge = (kind: string, open: string) =>
      judged('O02', [{ object: kind, kind, open, unchanged: null, who: 'x', fix: 'x' }], { settings })
    expect(judge('slot', '20000000')).toEqual(['slot'])
    expect(judge('standby', '20000000')).toEqual(['standby'])
    expect(judge('slot', '1000')).toEqual([])
    expect(judge('active', '301')).toEqual(['active'])
    expect(judge('active', '299')).toEqual([])
  })

  test('O06 knows what must not be off, and finds nothing where all is on', () => {
    expect(
      judged(
        'O06',
        ['fsync', 'autovacuum', 'data_checksums'].map(setting => ({ setting })),
      ),
    ).toEqual(['fsync', 'autovacuum', 'data_checksums (warning)'])
    expect(judged('O06', [])).toEqual([])
  })

  test('O07 calls a version outdated from the day after its last release on', () => {
    const judge = (major: number, now: string) => judged('O07', [], { major, now, version: `${major}.1` })
    expect(judge(13, '2025-11-13T23:59:59Z')).toEqual([])
    expect(judge(13, '2025-11-14T00:00:00Z')).toEqual(['server'])
    expect(judge(9, '2025-01-01T00:00:00Z')).toEqual(['server'])
    expect(judge(19, '2031-01-01T00:00:00Z')).toEqual([])
  })

  test('L02 counts those who wait for locks as well, and leaves a few alone', () => {
    const judge = (idle: string, waiting: string) => judged('L02', [{ all: '20', idle, waiting }])
    expect(judge('1', '8')).toEqual(['sessions waiting for locks'])
    expect(judge('4', '4')).toEqual([])
  })

  test('L03 needs an hour of sessions to call them idle, and a hundred to count how they ended', () => {
    const busy = {
      active: '2000000',
      total: '4000000',
      sessions: '1000',
      abandoned: '0',
      fatal: '0',
      killed: '0',
    }
    const judge = (change: Row) => judged('L03', [{ ...busy, ...change }])
    expect(judge({})).toEqual([])
    expect(judge({ active: '100' })).toEqual(['sessions: idle'])
    expect(judge({ active: '0', total: '1000' })).toEqual([])
    expect(judge({ abandoned: '20', killed: '5' })).toEqual(['sessions: abandoned'])
    expect(judge({ sessions: '50', abandoned: '20' })).toEqual([])
  })

  test('P08 names slow queries where somebody measures them', () => {
    const row = { object: 'query 1', evidence: '20 calls of 2000 ms', fix: 'x' }
    expect(judged('P08', [row], { extensions: new Map([['pg_stat_statements', 'public']]) })).toEqual([
      'query 1',
    ])
    expect(judged('P08', [], { extensions: new Map([['pg_stat_statements', 'public']]) })).toEqual([])
  })

  test('S19 reports sessions from other machines that the query finds', () => {
    expect(judged('S19', [{ object: 'role app', evidence: '3 sessions', fix: 'x' }])).toEqual(['role app'])
  })

  test('I25 takes what the migration runner says, which knows its own history best', () => {
    const migrations = [{ kind: 'changed', file: '0002_b.sql', message: 'It changed.', remedy: 'Undo it.' }]
    const row = { history: 'holdfast.migrations', name: '0001_a.sql', evidence: 'ran after a later one' }
    expect(judged('I25', [row], { outside: { migrations } })).toEqual(['0002_b.sql (changed)'])
    expect(judged('I25', [row], { outside: {} })).toEqual(['holdfast.migrations: 0001_a.sql (warning)'])
  })
})

test('ids and names of checks are unique, and their texts complete', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length)
  expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length)
  for (const { name, title, explain } of CHECKS) {
    expect(name).toMatch(/^[a-z0-9_]+$/)
    expect(title).toMatch(/[^.]$/)
    expect(explain).toMatch(/\.$/)
  }
})
