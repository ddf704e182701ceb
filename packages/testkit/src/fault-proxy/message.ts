/** Requests go to the server, answers to the client. */
export type Direction = 'requests' | 'answers'

/** One message of a protocol on its way through a proxy. */
export interface Message {
  readonly direction: Direction
  /** What the protocol calls it: `Query`, `DataRow`; `Command`, `BulkString`. `Bytes` where nothing is known of it. */
  readonly type: string
  /** As it was sent, its header included. */
  readonly bytes: Buffer
  /** The statements of the flush that it belongs to, or that it answers; empty where there are none. */
  readonly statement: string
}

/** Splits what one connection carries into messages. Keeps what is not complete yet. */
export interface Wire {
  read(direction: Direction, chunk: Buffer): Message[]
}

/** What a proxy can understand. */
export type Protocol = 'postgres' | 'redis'

/** Understands nothing: each piece that arrives is a message. */
export const PLAIN_WIRE: Wire = {
  read: (direction, bytes) => [{ direction, type: 'Bytes', bytes, statement: '' }],
}
