import type { Direction, Message, Wire } from './message.js'
import { MessageBuffer } from './message-buffer.js'

/** First bytes of typed messages. @see PostgreSQL documentation, "Message Formats" */
const TYPES: Readonly<Record<Direction, Readonly<Record<string, string>>>> = {
  requests: {
    B: 'Bind',
    C: 'Close',
    D: 'Describe',
    E: 'Execute',
    F: 'FunctionCall',
    H: 'Flush',
    P: 'Parse',
    Q: 'Query',
    S: 'Sync',
    X: 'Terminate',
    c: 'CopyDone',
    d: 'CopyData',
    f: 'CopyFail',
    p: 'Password',
  },
  answers: {
    '1': 'ParseComplete',
    '2': 'BindComplete',
    '3': 'CloseComplete',
    A: 'NotificationResponse',
    C: 'CommandComplete',
    D: 'DataRow',
    E: 'ErrorResponse',
    G: 'CopyInResponse',
    H: 'CopyOutResponse',
    I: 'EmptyQueryResponse',
    K: 'BackendKeyData',
    N: 'NoticeResponse',
    R: 'Authentication',
    S: 'ParameterStatus',
    T: 'RowDescription',
    V: 'FunctionCallResponse',
    W: 'CopyBothResponse',
    Z: 'ReadyForQuery',
    c: 'CopyDone',
    d: 'CopyData',
    n: 'NoData',
    s: 'PortalSuspended',
    t: 'ParameterDescription',
    v: 'NegotiateProtocolVersion',
  },
}

/** Codes in the place of the protocol's version. */
const STARTUPS: Readonly<Record<number, string>> = {
  80877102: 'CancelRequest',
  80877103: 'SSLRequest',
  80877104: 'GSSENCRequest',
}

/** Every type of message there is, for checks of rules. */
export const POSTGRES_TYPES: Readonly<Record<Direction, readonly string[]>> = {
  requests: ['Startup', ...Object.values(STARTUPS), ...Object.values(TYPES.requests), 'Bytes'],
  answers: ['EncryptionAnswer', ...Object.values(TYPES.answers), 'Bytes'],
}

/**
 * `startup`: messages of the client have no type yet. `question`: the server is asked for encryption and answers with a
 * single byte. `opaque`: encrypted from here on.
 */
type Phase = 'startup' | 'question' | 'typed' | 'opaque'

/** PostgreSQL's protocol 3, as one connection speaks it. */
export class PostgresWire implements Wire {
  readonly #buffers = { requests: new MessageBuffer(), answers: new MessageBuffer() }
  readonly #prepared = new Map<string, string>()
  #phase: Phase = 'startup'
  /** The statements of each flush that the server has not finished. */
  readonly #flushes: string[] = []
  /** Those sent since the last Sync. */
  #unsynced: string[] = []

  read(direction: Direction, chunk: Buffer): Message[] {
    const buffer = this.#buffers[direction]
    buffer.add(chunk)
    const messages: Message[] = []
    for (;;) {
      const bytes = buffer.take(start => this.#lengthOf(direction, start))
      if (bytes === undefined) return messages
      messages.push(direction === 'requests' ? this.#request(bytes) : this.#answer(bytes))
    }
  }

  /** How long the next message is, once its header has arrived. */
  #lengthOf(direction: Direction, bytes: Buffer): number | undefined {
    if (this.#phase === 'opaque') return bytes.length
    if (direction === 'answers' && this.#phase === 'question') return 1
    if (direction === 'requests' && this.#phase !== 'typed')
      return bytes.length < 4 ? undefined : bytes.readInt32BE(0)
    return bytes.length < 5 ? undefined : 1 + bytes.readInt32BE(1)
  }

  #request(bytes: Buffer): Message {
    if (this.#phase === 'opaque') return { direction: 'requests', type: 'Bytes', bytes, statement: '' }
    if (this.#phase !== 'typed') return this.#startup(bytes)
    const type = TYPES.requests[String.fromCharCode(bytes[0] as number)] ?? 'Unknown'
    return { direction: 'requests', type, bytes, statement: this.#statementOf(type, bytes) }
  }

  /** A message without a type: the first of a connection, or a question before it. */
  #startup(bytes: Buffer): Message {
    const type = STARTUPS[bytes.readInt32BE(4)] ?? 'Startup'
    if (type === 'Startup') this.#phase = 'typed'
    else if (type !== 'CancelRequest') this.#phase = 'question'
    return { direction: 'requests', type, bytes, statement: '' }
  }

  /** Follows which statements a flush consists of: an answer can then be told by what it answers. */
  #statementOf(type: string, bytes: Buffer): string {
    switch (type) {
      case 'Query':
        this.#flushes.push(textAt(bytes, 5))
        return this.#flushes.at(-1) as string
      case 'Parse': {
        const name = textAt(bytes, 5)
        const text = textAt(bytes, 6 + Buffer.byteLength(name))
        this.#prepared.set(name, text)
        this.#unsynced.push(text)
        break
      }
      case 'Bind':
        this.#bind(bytes)
        break
      case 'Sync':
        this.#flushes.push(this.#unsynced.join(';'))
        this.#unsynced = []
        return this.#flushes.at(-1) as string
    }
    return this.#unsynced.join(';')
  }

  /** A statement that was prepared in an earlier flush comes into this one. */
  #bind(bytes: Buffer): void {
    const portal = textAt(bytes, 5)
    const text = this.#prepared.get(textAt(bytes, 6 + Buffer.byteLength(portal)))
    if (text !== undefined && this.#unsynced.at(-1) !== text) this.#unsynced.push(text)
  }

  #answer(bytes: Buffer): Message {
    const answer = (type: string, statement = ''): Message => ({
      direction: 'answers',
      type,
      bytes,
      statement,
    })
    if (this.#phase === 'opaque') return answer('Bytes')
    if (this.#phase === 'question') {
      this.#phase = String(bytes) === 'N' ? 'startup' : 'opaque'
      return answer('EncryptionAnswer')
    }
    const type = TYPES.answers[String.fromCharCode(bytes[0] as number)] ?? 'Unknown'
    const statement = this.#flushes[0] ?? this.#unsynced.join(';')
    if (type === 'ReadyForQuery') this.#flushes.shift()
    return answer(type, statement)
  }
}

/** The text that begins at an offset; it ends before the next NUL. */
function textAt(bytes: Buffer, offset: number): string {
  return bytes.toString('utf8', offset, bytes.indexOf(0, offset))
}
