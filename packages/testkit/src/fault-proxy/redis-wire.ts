import type { Direction, Message, Wire } from './message.js'
import { MessageBuffer } from './message-buffer.js'

/** First bytes of values. @see Redis documentation, "Redis serialization protocol specification" */
const TYPES: Readonly<Record<string, string>> = {
  '+': 'SimpleString',
  '-': 'Error',
  ':': 'Integer',
  $: 'BulkString',
  '*': 'Array',
  _: 'Null',
  '#': 'Boolean',
  ',': 'Double',
  '(': 'BigNumber',
  '!': 'BulkError',
  '=': 'VerbatimString',
  '%': 'Map',
  '|': 'Attribute',
  '~': 'Set',
  '>': 'Push',
}

/** A line with a number of bytes that follow. */
const STRINGS = '$!='
/** How many values follow for each that the line counts. */
const AGGREGATES: Readonly<Record<string, number>> = { '*': 1, '~': 1, '>': 1, '%': 2, '|': 2 }

/** Every type of message there is, for checks of rules. */
export const REDIS_TYPES: Readonly<Record<Direction, readonly string[]>> = {
  requests: ['Command'],
  answers: Object.values(TYPES),
}

/** Redis's protocol, versions 2 and 3, as one connection speaks it. The statement of a message is its own text. */
export class RedisWire implements Wire {
  readonly #buffers = { requests: new MessageBuffer(), answers: new MessageBuffer() }

  read(direction: Direction, chunk: Buffer): Message[] {
    const buffer = this.#buffers[direction]
    buffer.add(chunk)
    const messages: Message[] = []
    for (let bytes = buffer.take(wholeValue); bytes !== undefined; bytes = buffer.take(wholeValue)) {
      const type = direction === 'requests' ? 'Command' : (TYPES[firstOf(bytes)] ?? 'Unknown')
      messages.push({ direction, type, bytes, statement: wordsOf(bytes) })
    }
    return messages
  }
}

/** The words of a command, separated by spaces; of another value everything but its first line's marks. */
function wordsOf(bytes: Buffer): string {
  const lines = bytes.toString('utf8').split('\r\n')
  return lines.filter(line => line !== '' && !/^[*$>%~][0-9]+$/.test(line)).join(' ')
}

const firstOf = (bytes: Buffer, offset = 0) => String.fromCharCode(bytes[offset] as number)

const wholeValue = (bytes: Buffer): number | undefined => endOfValue(bytes, 0)

/** Where the value that begins at an offset ends; `undefined` while it is not complete. */
function endOfValue(bytes: Buffer, start: number): number | undefined {
  const lineEnd = bytes.indexOf('\r\n', start)
  if (lineEnd === -1) return undefined
  const type = firstOf(bytes, start)
  const count = Number(bytes.toString('latin1', start + 1, lineEnd))
  const next = lineEnd + 2
  if (STRINGS.includes(type)) return within(bytes, count < 0 ? next : next + count + 2)
  const perEntry = AGGREGATES[type]
  // An attribute precedes the value that it belongs to.
  const values = perEntry === undefined ? 0 : perEntry * Math.max(0, count) + (type === '|' ? 1 : 0)
  return endOfValues(bytes, next, values)
}

function endOfValues(bytes: Buffer, start: number, count: number): number | undefined {
  let end: number | undefined = start
  for (let i = 0; i < count && end !== undefined; i++) end = endOfValue(bytes, end)
  return end
}

function within(bytes: Buffer, end: number): number | undefined {
  return end <= bytes.length ? end : undefined
}
