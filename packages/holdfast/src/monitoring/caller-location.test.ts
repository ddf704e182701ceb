import { expect, test } from 'vitest'
import { locationIn } from './caller-location.js'

const own = new URL('../pool.js', import.meta.url).href

test.each([
  ['    at run (file:///app/orders%20v2.mjs:3:7)', '/app/orders v2.mjs:3:7'],
  ['    at async file:///app/orders.mjs:3:7', '/app/orders.mjs:3:7'],
  ['    at Object.<anonymous> (/app/orders.cjs:10:1)', '/app/orders.cjs:10:1'],
  [`    at Pool.query (${own}:1:2)\n    at async go (/app/a.js:4:5)`, '/app/a.js:4:5'],
  ['    at query (/app/node_modules/orm/index.js:1:2)\n    at /app/b.js:4:5', '/app/b.js:4:5'],
  ['    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)', undefined],
  [`    at Pool.query (${own}:1:2)`, undefined],
])('%j is at %j', (frames, place) => {
  expect(locationIn(`Error: here\n${frames}`)).toBe(place)
})

test('no stack is nowhere', () => expect(locationIn(undefined)).toBeUndefined())
