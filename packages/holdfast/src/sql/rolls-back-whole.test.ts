import { expect, test } from 'vitest'
import { rollsBackWhole } from './rolls-back-whole.js'

test.each([
  'SELECT 1',
  'INSERT INTO t VALUES (1)',
  'WITH moved AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM moved',
  'UPDATE t SET n = 1; DELETE FROM t',
  '-- commit\nSELECT $$COMMIT$$',
])('an error of "%s" proves that nothing was applied', async text => {
  expect(await rollsBackWhole(text)).toBe(true)
})

test.each([
  'INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)',
  'CALL fill()',
  'DO $$ BEGIN COMMIT; END $$',
  'VACUUM t',
  'CREATE INDEX CONCURRENTLY i ON t (n)',
  'not SQL at all',
  undefined,
])('an error of "%s" proves nothing', async text => {
  expect(await rollsBackWhole(text)).toBe(false)
})
