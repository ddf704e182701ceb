import { expect, test } from 'vitest'
import type { Direction } from './message.js'
import { RedisWire } from './redis-wire.js'

/** The type and the words of each message, however it is cut into pieces. */
function read(direction: Direction, text: string): string[][][] {
  return [1, 5, text.length].map(size => {
    const wire = new RedisWire()
    const pieces = text.match(new RegExp(`.{1,${size}}`, 'gs')) ?? []
    const messages = pieces.flatMap(piece => wire.read(direction, Buffer.from(piece)))
    expect(Buffer.concat(messages.map(({ bytes }) => bytes)).toString()).toBe(text)
    return messages.map(({ type, statement }) => [type, statement])
  })
}

test('commands are told apart, in any pieces', () => {
  const expected = [
    ['Command', 'GET a\r\nb'.replace('\r\n', ' ')],
    ['Command', 'PING'],
  ]
  for (const seen of read('requests', '*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\nPING\r\n'))
    expect(seen).toEqual(expected)
})

test.each([
  ['SimpleString', '+OK\r\n'],
  ['Error', '-ERR no\r\n'],
  ['Integer', ':1\r\n'],
  ['BulkString', '$-1\r\n'],
  ['BulkString', '$2\r\nhi\r\n'],
  ['Array', '*2\r\n*1\r\n:1\r\n$2\r\nhi\r\n'],
  ['Array', '*-1\r\n'],
  ['Map', '%1\r\n+key\r\n*1\r\n:1\r\n'],
  ['Push', '>2\r\n+invalidate\r\n_\r\n'],
  ['Attribute', '|1\r\n+ttl\r\n:1\r\n:7\r\n'],
])('an answer of type %s ends where it ends', (type, text) => {
  for (const seen of read('answers', `${text}+next\r\n`)) {
    expect(seen.map(([each]) => each)).toEqual([type, 'SimpleString'])
  }
})
