import { expect, test } from 'vitest'
import { maskPlan, planInNotice } from './plan-text.js'

const TEXT =
  "select * from t where id = $1\n  and v = 'a secret\nNode secret  (cost=0.00..1.00 rows=1 width=1)'"
const NOTICE = `duration: 0.007 ms  plan:
Query Text: ${TEXT}
Query Parameters: $1 = '4711', $2 = 'a secret
that''s long  (cost=0.00..1.00 rows=1 width=1)'
Seq Scan on t1  (cost=0.00..32.23 rows=6 width=36) (actual time=0.005..0.006 rows=0.00 loops=1)
  Filter: (((id = 4711) AND (v = 'it''s secret
secret  (cost=0.00..1.00 rows=1 width=1)'::text)) OR (rate > 1.5e3))
  Rows Removed by Filter: 12
  Buffers: shared hit=3`

test('the plan of auto_explain is found, without text, parameters and values, but with its measurements', () => {
  expect(
    planInNotice(NOTICE, TEXT),
  ).toBe(`Seq Scan on t1  (cost=0.00..32.23 rows=6 width=36) (actual time=0.005..0.006 rows=0.00 loops=1)
  Filter: (((id = ?) AND (v = ?::text)) OR (rate > ?))
  Rows Removed by Filter: 12
  Buffers: shared hit=3`)
})

test('where the text cannot be told from the plan, there is none', () => {
  expect(planInNotice(NOTICE, 'select something else\nin two lines')).toBeUndefined()
  const short =
    'duration: 1 ms  plan:\nQuery Text: SELECT 1 AS sent\nResult  (cost=0.00..0.01 rows=1 width=4)'
  expect(planInNotice(short, 'SELECT 1')).toBe('Result  (cost=0.00..0.01 rows=1 width=4)')
})

test.each([undefined, '', 'duration: 3 ms', 'duration: 1 ms  plan:\n{"Plan": {"Node Type": "Result"}}'])(
  'another notice is none: %j',
  notice => expect(planInNotice(notice, 'SELECT 1')).toBeUndefined(),
)

test('names with digits keep them', () => {
  expect(maskPlan('  Index Cond: (t1.col_2 = $1)')).toBe('  Index Cond: (t1.col_2 = $1)')
})
