import { expect, test } from 'vitest'
import type { Direction, Message } from './message.js'
import { PostgresWire } from './postgres-wire.js'

const int32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const typed = (type: string, body = '') =>
  Buffer.concat([Buffer.from(type), int32(4 + Buffer.byteLength(body)), Buffer.from(body)])
const untyped = (code: number, body = '') =>
  Buffer.concat([int32(8 + Buffer.byteLength(body)), int32(code), Buffer.from(body)])

const STARTUP = untyped(196_608, 'user\0postgres\0\0')
const SSL_REQUEST = untyped(80877103)
const seen = (messages: Message[]) => messages.map(({ type, statement }) => [type, statement])

test('a conversation is split into its messages, whatever pieces it arrives in', () => {
  const bytes = Buffer.concat([STARTUP, typed('p', 'secret\0'), typed('Q', 'SELECT 1\0'), typed('X')])
  for (const size of [1, 3, 7, bytes.length]) {
    const wire = new PostgresWire()
    const messages: Message[] = []
    for (let at = 0; at < bytes.length; at += size)
      messages.push(...wire.read('requests', bytes.subarray(at, at + size)))
    expect(messages.map(({ type }) => type)).toEqual(['Startup', 'Password', 'Query', 'Terminate'])
    expect(Buffer.concat(messages.map(message => message.bytes))).toEqual(bytes)
  }
})

test('a message knows the statements of its flush, and an answer those it answers', () => {
  const wire = new PostgresWire()
  const read = (direction: Direction, ...messages: Buffer[]) =>
    seen(wire.read(direction, Buffer.concat(messages)))
  read('requests', STARTUP)
  read('answers', typed('R', '\0\0\0\0'), typed('Z', 'I'))
  expect(
    read('requests', typed('P', 'one\0INSERT\0\0\0'), typed('B', '\0one\0'), typed('E'), typed('S')),
  ).toEqual([
    ['Parse', 'INSERT'],
    ['Bind', 'INSERT'],
    ['Execute', 'INSERT'],
    ['Sync', 'INSERT'],
  ])
  // Sent before the first is answered.
  expect(read('requests', typed('Q', 'COMMIT\0'))).toEqual([['Query', 'COMMIT']])
  expect(
    read('answers', typed('1'), typed('C', 'INSERT 0 1\0'), typed('Z', 'T'), typed('C', 'COMMIT\0')),
  ).toEqual([
    ['ParseComplete', 'INSERT'],
    ['CommandComplete', 'INSERT'],
    ['ReadyForQuery', 'INSERT'],
    ['CommandComplete', 'COMMIT'],
  ])
  read('answers', typed('Z', 'I'))
  // Prepared earlier, by its name.
  expect(read('requests', typed('B', '\0one\0'), typed('S')).at(-1)).toEqual(['Sync', 'INSERT'])
})

test('a server without TLS answers with one byte, and the conversation goes on', () => {
  const wire = new PostgresWire()
  expect(seen(wire.read('requests', SSL_REQUEST))).toEqual([['SSLRequest', '']])
  expect(seen(wire.read('answers', Buffer.from('N')))).toEqual([['EncryptionAnswer', '']])
  expect(seen(wire.read('requests', STARTUP))).toEqual([['Startup', '']])
})

test('what is encrypted is passed on as bytes', () => {
  const wire = new PostgresWire()
  wire.read('requests', SSL_REQUEST)
  wire.read('answers', Buffer.from('S'))
  expect(seen(wire.read('requests', Buffer.from([22, 3, 1])))).toEqual([['Bytes', '']])
  expect(seen(wire.read('answers', Buffer.from([22, 3, 3])))).toEqual([['Bytes', '']])
})

test('a cancel request is one', () => {
  expect(seen(new PostgresWire().read('requests', untyped(80877102, 'keyskeys')))).toEqual([
    ['CancelRequest', ''],
  ])
})
