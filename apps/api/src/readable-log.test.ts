import { expect, test } from 'vitest'
import { readableLog } from './readable-log.js'

function lines(entry: object): string {
  const written: string[] = []
  readableLog(line => written.push(line)).write(JSON.stringify({ level: 30, time: 0, ...entry }))
  return written.join('')
}

test('a line starts with time and level, and shows the fields', () => {
  expect(lines({ msg: 'Request', reqId: 'abcdefghij', route: '/api/users/:id', status: 200 })).toBe(
    '00:00:00.000 INFO  [abcdefgh] Request route=/api/users/:id status=200\n',
  )
})

test('below an error stand its stack and those of its causes', () => {
  const error = {
    name: 'A',
    stack: 'A: first\n  at x',
    cause: { name: 'B', code: '57P01', category: 'shut-down' },
  }
  expect(lines({ level: 50, msg: 'Failed', error })).toBe(
    '00:00:00.000 ERROR Failed\n    A: first\n      at x\n    B 57P01 shut-down\n',
  )
})
