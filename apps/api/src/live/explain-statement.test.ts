import { expect, test } from 'vitest'
import { numbered } from './explain-statement.js'

test.each([
  ['SELECT 1', 'SELECT 1'],
  ['SELECT * FROM a WHERE b = $1 AND c = ?', 'SELECT * FROM a WHERE b = $1 AND c = $2'],
  ['SELECT * FROM a WHERE b IN (?, ?) LIMIT ?', 'SELECT * FROM a WHERE b IN ($1, $2) LIMIT $3'],
  ['SELECT $2, ?::int', 'SELECT $2, $3::int'],
  ['SELECT d->?, e->>?', 'SELECT d->$1, e->>$2'],
  ["SELECT '?'", "SELECT '?'"],
])('of %j it makes %j', (text, wanted) => {
  expect(numbered(text)).toBe(wanted)
})
