import { expect, test } from 'vitest'
import { isAborted, rowsOf } from './subject.js'

test.each([
  [{ code: '23505' }, true],
  [{ code: '40001' }, true],
  [{ code: '57014' }, true],
  [{ code: '40003' }, false],
  [{ code: '57P01' }, false],
  [{ code: '08006' }, false],
  [{ code: 'ECONNRESET' }, false],
  [{ code: 'HOLDFAST_CACHE_UNMARKABLE', retry: 'safe' }, true],
  [{ code: 'HOLDFAST_OUTCOME_UNKNOWN', retry: 'unknown' }, false],
  [new Error('Connection terminated unexpectedly'), false],
])('%o tells for certain that nothing was written: %s', (error, expected) => {
  expect(isAborted(error)).toBe(expected)
})

test('rows are the same in every row mode', () => {
  const fields = [{ name: 'id' }, { name: 'version' }]
  expect(rowsOf({ fields, rows: [[1, '2']] })).toEqual(rowsOf({ fields, rows: [{ id: 1, version: '2' }] }))
})
